#include "sync/wire/enrolment_code.hpp"

#include "agent/core/base64.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/wire/enrolment.pb.h"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::string_view prefix = "TS1-";
constexpr std::size_t check_characters = 4;

std::string check_of(std::string_view body) {
    return base64url(view(sha256(body))).substr(0, check_characters);
}

}  // namespace

std::string enrolment_code_text(const tillstream::v1::EnrolmentCode& code) {
    const std::string body = base64url(code.SerializeAsString());
    return std::string{prefix} + body + check_of(body);
}

Result<tillstream::v1::EnrolmentCode> parse_enrolment_code(std::string_view text) {
    std::string compact;
    std::ranges::copy_if(text, std::back_inserter(compact),
                         [](unsigned char c) { return c > ' '; });
    if (!compact.starts_with("TS"))
        return Error{Errc::malformed, "an enrolment code begins with TS1-"};
    if (!compact.starts_with(prefix))
        return Error{Errc::unsupported, "this code was made for another version of the agent"};
    const std::string_view rest = std::string_view{compact}.substr(prefix.size());
    if (rest.size() <= check_characters)
        return Error{Errc::malformed, "the enrolment code is cut short"};
    const auto body = rest.substr(0, rest.size() - check_characters);
    if (check_of(body) != rest.substr(body.size()))
        return Error{Errc::malformed, "the enrolment code is mistyped or cut short"};
    TILL_TRY(const Bytes bytes, unbase64url(body));
    tillstream::v1::EnrolmentCode code;
    const bool complete = code.ParseFromString(bytes) && !code.host().empty() && code.port() > 0
                          && code.port() < 65536 && !code.server_name().empty()
                          && code.ca_sha256().size() == 32 && code.secret().size() == 16;
    if (!complete) return Error{Errc::malformed, "the enrolment code lacks a part"};
    return code;
}

}  // namespace till::sync

// Any bytes as something a person or a centre wrote for a program to start with: libFuzzer gives them
// (clang++ -fsanitize=fuzzer,address), settings_corpus_test gives its own. The first byte says what they are.

#include "agent/api/tokens.hpp"
#include "agent/capture/mapping.hpp"
#include "agent/daemon/settings.hpp"
#include "sync/gateway/settings.hpp"
#include "sync/wire/enrolment.pb.h"
#include "sync/wire/enrolment_code.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace till;

/// What is refused, is refused with a reason.
template <class T>
void explained(const Result<T>& result) {
    if (!result && result.error().detail.empty()) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView text{reinterpret_cast<const char*>(data) + 1, size - 1};
    switch (data[0] % 5) {
        case 0:
            explained(parse_settings(text, "agent.toml", "/tmp"));
            break;
        case 1:
            explained(sync::parse_gateway_settings(text, "gateway.toml"));
            break;
        case 2:
            explained(parse_mapping(text));
            break;
        case 3:
            explained(sync::parse_enrolment_code(text));
            break;
        default:
            explained(Tokens::parse(text));
    }
    return 0;
}

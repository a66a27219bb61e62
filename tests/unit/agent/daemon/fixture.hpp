#pragma once

#include "agent/crypto/system_random.hpp"
#include "agent/daemon/home.hpp"
#include "agent/runtime/system_clock.hpp"
#include "sync/tls/authority.hpp"
#include "tests/support/scratch.hpp"

#include <stdexcept>

namespace till {

/// What an enrolment brings, made here instead of at a centre.
inline sync::Enrolled some_enrolment(const Uuid& device, std::uint32_t generations = 3) {
    const auto must = [](auto result) {
        if (!result) throw std::runtime_error{result.error().detail};
        return *std::move(result);
    };
    const std::int64_t now = SystemClock{}.now().wall.value() / 1000 * 1000;
    const sync::Validity valid{WallTime{now - 3'600'000}, WallTime{now + 86'400'000}};
    const auto authority = must(sync::Authority::make("test", valid));
    auto credentials = sync::Credentials::make();
    const auto request = must(credentials.request("till-agent"));
    const sync::Grant grant{.common_name = device.text(), .validity = valid};
    const auto certificate = must(authority.issue(request, grant));
    if (!credentials.install(certificate)) throw std::runtime_error{"install"};
    return {std::move(credentials),
            {.gateway = {"10.0.0.1", 8443, must(sync::ServerName::parse("gateway.test"))},
             .device = DeviceId{device},
             .store = "12 \"North\"\\\n",
             .workstation = "3",
             .first_generation = Generation{5},
             .last_generation = Generation{4 + generations},
             .server_ca_pem = authority.certificate_pem(),
             .sealing_keys = {{1, Bytes(32, 'a')}, {2, Bytes(32, '\0')}}},
            WallTime{now}};
}

/// An enrolled home in a folder of the test's own.
struct EnrolledHome {
    Scratch scratch;
    SystemRandom random;
    SystemClock clock;
    Uuid device = random.uuid();
    Home home = open();
    sync::Enrolled enrolled = some_enrolment(device);

    EnrolledHome() {
        if (!home.save(enrolled)) throw std::runtime_error{"save"};
    }
    Home open() { return *Home::open(scratch.path / "home"); }
};

}  // namespace till

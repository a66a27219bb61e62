#pragma once

#include "sync/tls/authority.hpp"
#include "tests/unit/sync/tls/tls_world.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace till::sync::test {

/// What `openssl ARGUMENTS` printed on both its outputs, and how it ended.
struct Said {
    std::string text;
    int status = -1;
    bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
};
Said openssl(const std::string& arguments);

/// A certificate with a fresh P-256 key that openssl makes with `options`, signed by `authority`
/// where one is given, else by itself.
Credentials crafted(const Authority* authority, const std::string& options);

/// `openssl s_server` on a port of 127.0.0.1 that the kernel chose, ended with the object.
class OpensslServer {
public:
    explicit OpensslServer(const std::string& arguments);
    OpensslServer(const OpensslServer&) = delete;
    ~OpensslServer();
    std::uint16_t port() const { return port_; }

private:
    pid_t child_ = -1;
    int output_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace till::sync::test

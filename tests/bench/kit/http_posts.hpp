#pragma once

#include "tests/bench/kit/figures.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace till::bench {

/// A POST of JSON as it goes over the wire.
std::string post(std::uint16_t port, std::string_view path, std::string_view token,
                 std::string_view key, std::string_view body);

/// Sends prepared requests to 127.0.0.1 over keep-alive connections that are opened once. Each
/// connection waits for every answer; any answer but 200 or 201 ends the program.
class HttpPosts {
public:
    HttpPosts(std::uint16_t port, std::size_t connections);
    ~HttpPosts();
    HttpPosts(const HttpPosts&) = delete;

    /// Shares the requests out; returns each one's time in microseconds.
    Samples run(std::span<const std::string> requests);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::bench

#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace till::sync {

/// A CRM's HTTP server, asked from a thread that may wait (libcurl: proxies, TLS 1.2 and 1.3). Each request has a
/// connection of its own and is sent once. Certificates are verified, by `authorities` or, where that is
/// empty, by the system's. Redirects are not followed: who they lead to was not asked.
///
/// Thread: one at a time, but for stop().
class HttpClient {
public:
    struct Options {
        std::filesystem::path authorities;
        std::chrono::milliseconds connect_limit{10'000}, answer_limit{30'000};
    };
    explicit HttpClient(Options options);
    ~HttpClient();

    struct Answer {
        unsigned status = 0;
        Bytes body;  ///< At most a MiB of it.
        std::chrono::milliseconds retry_after{0};
    };
    /// Fails with closed when the request certainly did not reach anybody, with outcome_unknown when it may have.
    Result<Answer> post(const std::string& url, const std::vector<std::string>& headers,
                        const Bytes& body);

    /// From any thread: what is under way fails within a second, and everything after it.
    void stop() { stopped_ = true; }

private:
    struct Impl;
    std::atomic<bool> stopped_{false};
    std::unique_ptr<Impl> impl_;
};

}  // namespace till::sync

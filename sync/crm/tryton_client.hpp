#pragma once

#include "agent/core/secret.hpp"
#include "sync/crm/http_client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace till::sync {

/// Tryton's JSON-RPC (6.0), with a session of its own: logged in when it is needed, once more when the server
/// has forgotten it, and not again while it refuses (six wrong passwords lock the account).
///
/// Thread: one at a time, but for stop().
class TrytonClient {
public:
    struct Options {
        std::string url;  ///< Of the server, without the database.
        std::string database, user;
        std::function<Result<Secret>()> password;
        std::filesystem::path authorities;  ///< Empty: the system's.
        std::chrono::milliseconds answer_limit{60'000};
    };
    explicit TrytonClient(Options options);

    /// Calls "model.party.party.create" with `params` and the context, to which `about` is added. Fails by what the
    /// body says: malformed (UserError: what was sent is at fault), stale (ConcurrencyException), unsupported (a
    /// model or field that is not there: set up wrongly), forbidden, busy (asked to wait), out_of_range (too much at
    /// once), closed (nobody reached), outcome_unknown.
    Result<boost::json::value> call(std::string_view method, boost::json::array params,
                                    const boost::json::object& about = {});

    std::int64_t user() const { return user_; }        ///< The same.
    std::int64_t company() const { return company_; }  ///< Of the user; 0 before the first call.
    void stop() { http_.stop(); }

private:
    Result<boost::json::value> exchange(std::string_view method, boost::json::array params,
                                        const std::string& path);
    Result<void> log_in();

    Options options_;
    HttpClient http_;
    std::string session_;  // As the Authorization header has it; empty: none.
    std::int64_t user_ = 0, company_ = 0;
};

}  // namespace till::sync

#pragma once

#include "agent/customercache/customer_cache.hpp"
#include "sync/wire/frames.pb.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>

namespace till {

namespace asio = boost::asio;

/// Who is that? Out of what the device has, else from the centre, which has limits::customer_answer_max for it:
/// a clerk waits no longer, and no sale waits at all. Thread: the loop's.
class CustomerFinder {
public:
    /// `ask` hands a serialised CustomerQuestion to the link; false: there is none. `cache` may be null.
    CustomerFinder(CustomerCache* cache, Clock& clock, std::function<bool(Bytes question)> ask)
        : cache_{cache}, clock_{clock}, ask_{std::move(ask)} {}

    /// By a normalised identifier. Fails with not_found when nobody is known by it, with timed_out when this
    /// device knows nobody and the centre could not be asked or did not answer in time.
    asio::awaitable<Result<v1::CustomerFound>> find(v1::Identifier identifier, bool offline);
    void on_answer(const v1::CustomerAnswer& answer);

private:
    struct Waiting {
        asio::steady_timer timer;
        std::optional<v1::CustomerAnswer> answer{};
    };

    CustomerCache* cache_;
    Clock& clock_;
    std::function<bool(Bytes)> ask_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace till

#include "agent/daemon/front_door.hpp"

#include "agent/runtime/deadline.hpp"

namespace till {

namespace {

/// One more inside while it lives, however the request ends.
class Inside {
public:
    Inside(std::size_t& count, asio::steady_timer& changed) : count_{count}, changed_{changed} {
        ++count_;
    }
    Inside(const Inside&) = delete;
    ~Inside() {
        if (--count_ == 0) changed_.cancel();
    }

private:
    std::size_t& count_;
    asio::steady_timer& changed_;
};

HttpResponse sent_away() {
    return {.status = 503,
            .content_type = "application/problem+json",
            .headers = {{"Retry-After", "1"}},
            .body = R"({"title":"busy","status":503,"detail":"the agent is stopping"})"};
}

}  // namespace

asio::awaitable<HttpResponse> FrontDoor::handle(HttpRequest request) {
    while (door_ == nullptr && !shut_) co_await changed_.async_wait(nothrow);
    if (door_ == nullptr) co_return sent_away();
    const Inside inside{inside_, changed_};
    co_return co_await door_->handle(std::move(request));
}

void FrontDoor::open(HttpDoor& door) {
    door_ = &door;
    changed_.cancel();
}

asio::awaitable<void> FrontDoor::close() {
    door_ = nullptr;
    while (inside_ > 0) co_await changed_.async_wait(nothrow);
}

void FrontDoor::shut() {
    shut_ = true;
    changed_.cancel();
}

}  // namespace till

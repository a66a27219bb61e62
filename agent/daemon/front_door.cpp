#include "agent/daemon/front_door.hpp"

#include "agent/api/problem.hpp"
#include "agent/daemon/monitor.hpp"
#include "agent/runtime/deadline.hpp"

namespace till {

/// One more inside while it lives, however the request ends.
struct FrontDoor::Inside {
    explicit Inside(FrontDoor& door) : front{door} { ++front.inside_; }
    Inside(const Inside&) = delete;
    ~Inside() {
        if (--front.inside_ == 0) front.changed_.cancel();
    }

    FrontDoor& front;
};

namespace {

const Error stopping{Errc::busy, "the agent is stopping"};

}  // namespace

asio::awaitable<std::shared_ptr<FrontDoor::Inside>> FrontDoor::enter() {
    co_await wait_open();
    co_return doors_ ? std::make_shared<Inside>(*this) : nullptr;
}

asio::awaitable<HttpResponse> FrontDoor::handle(HttpRequest request) {
    if (!doors_ && Monitor::is_for(request)) {
        const bool alive = request.path() == "/healthz";
        co_return HttpResponse{.status = alive ? 200U : 503U,
                               .content_type = "text/plain; charset=utf-8",
                               .body = alive ? "alive\n" : "the next journal is being opened\n"};
    }
    const auto inside = co_await enter();
    if (!inside) co_return problem(503, stopping, {});
    HttpResponse response = co_await doors_->http->handle(std::move(request));
    if (!response.told) co_return response;
    response.told = [this, inside, told = std::move(response.told)](HttpListener& listener) {
        return listen(told, listener);
    };
    co_return response;
}

/// Until the client leaves or this agent's doors are closed.
asio::awaitable<void> FrontDoor::listen(Told told, HttpListener& listener) {
    using namespace asio::experimental::awaitable_operators;
    if (doors_) co_await (told(listener) || changed_.async_wait(nothrow));
}

asio::awaitable<Bytes> FrontDoor::handle_call(Bytes call) {
    const auto inside = co_await enter();
    if (inside) co_return co_await doors_->calls->handle(std::move(call));
    v1::Answer answer;
    *answer.mutable_problem() = problem_of(503, stopping, {});
    co_return answer.SerializeAsString();
}

void FrontDoor::open(const Doors& doors) {
    doors_ = doors;
    changed_.cancel();
}

asio::awaitable<void> FrontDoor::wait_open() {
    while (!doors_ && !shut_) co_await changed_.async_wait(nothrow);
}

asio::awaitable<void> FrontDoor::close() {
    doors_.reset();
    changed_.cancel();
    while (inside_ > 0) co_await changed_.async_wait(nothrow);
}

void FrontDoor::shut() {
    shut_ = true;
    changed_.cancel();
}

}  // namespace till

#include "agent/daemon/customer_finder.hpp"

#include "agent/core/limits.hpp"
#include "agent/runtime/deadline.hpp"

#include <boost/asio/this_coro.hpp>

namespace till {

namespace {

Error nobody() { return {Errc::not_found, "no customer is known by that"}; }

Error unanswered(const char* why) {
    return {Errc::timed_out,
            std::string{"this device knows nobody by that, and the centre "} + why};
}

}  // namespace

asio::awaitable<Result<v1::CustomerFound>> CustomerFinder::find(v1::Identifier identifier,
                                                                bool offline) {
    v1::CustomerFound found;
    found.set_as_of_ms(clock_.now().wall.value());
    if (cache_) {
        TILL_CO_TRY(auto card, cache_->find(identifier.type(), identifier.value()));
        if (card) {
            *found.mutable_customer() = *std::move(card);
            found.set_source(v1::CustomerFound::SOURCE_DEVICE);
            found.set_as_of_ms(cache_->copy().applied().value());
            co_return found;
        }
    }
    if (offline) co_return nobody();
    v1::CustomerQuestion question;
    question.set_id(++last_);
    *question.mutable_identifier() = std::move(identifier);
    if (!ask_(question.SerializeAsString())) co_return unanswered("cannot be asked now");
    const auto at =
        waiting_
            .emplace(question.id(), Waiting{asio::steady_timer{co_await asio::this_coro::executor,
                                                               limits::customer_answer_max}})
            .first;
    co_await at->second.timer.async_wait(nothrow);
    const auto answer = std::move(at->second.answer);
    waiting_.erase(at);
    if (!answer) co_return unanswered("did not answer in time");
    if (answer->unavailable()) co_return unanswered("cannot say now");
    if (!answer->has_customer()) co_return nobody();
    *found.mutable_customer() = answer->customer();
    found.set_source(v1::CustomerFound::SOURCE_CENTRE);
    co_return found;
}

void CustomerFinder::on_answer(const v1::CustomerAnswer& answer) {
    const auto asked = waiting_.find(answer.id());
    if (asked == waiting_.end()) return;  // Too late.
    asked->second.answer = answer;
    asked->second.timer.cancel();
}

}  // namespace till

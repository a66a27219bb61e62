#include "agent/api/feed.hpp"

#include "agent/runtime/deadline.hpp"

#include <algorithm>
#include <ranges>

namespace till {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t page_records = 64, page_bytes = 256 * 1024;
constexpr auto state_interval = 100ms;
constexpr std::size_t happenings_max = 512;

}  // namespace

std::string topic_of(const v1::StoredEvent& event) {
    const auto* oneof = v1::Event::descriptor()->FindOneofByName("fact");
    const auto* field = v1::Event::GetReflection()->GetOneofFieldDescriptor(event.event(), oneof);
    return "capture." + (field ? field->name() : "unknown");
}

void Feed::add_state(std::string topic, std::function<void(v1::FeedMessage&)> say) {
    states_.push_back({std::move(topic), std::move(say)});
}

void Feed::changed(std::string_view topic) {
    const auto state = std::ranges::find(states_, topic, &State::topic);
    if (state == states_.end()) return;
    ++state->version;
    changed_.cancel();
}

void Feed::happened(v1::FeedMessage message) {
    happenings_.push_back(std::move(message));
    ++happened_;
    if (happenings_.size() > happenings_max) happenings_.pop_front();
    changed_.cancel();
}

FeedFollower::FeedFollower(Feed& feed, Seq after, std::string_view topics)
    : feed_{feed}, after_{after}, told_(feed.states_.size()), heard_{feed.happened_} {
    for (const auto part : topics | std::views::split(','))
        topics_.emplace_back(part.begin(), part.end());
    std::erase(topics_, "");
}

bool FeedFollower::wants(std::string_view topic) const {
    return topics_.empty() || std::ranges::any_of(topics_, [&](const std::string& each) {
               return topic.starts_with(each);
           });
}

bool FeedFollower::has_news() const {
    for (std::size_t i = 0; i < told_.size(); ++i)
        if (told_[i] != feed_.states_[i].version && wants(feed_.states_[i].topic)) return true;
    return false;
}

FeedFollower::Messages FeedFollower::news() {
    Messages messages;
    for (std::size_t i = 0; i < told_.size(); ++i) {
        const Feed::State& state = feed_.states_[i];
        if (std::exchange(told_[i], state.version) == state.version || !wants(state.topic))
            continue;
        messages.emplace_back().set_topic(state.topic);
        state.say(messages.back());
    }
    return messages;
}

FeedFollower::Messages FeedFollower::happenings() {
    Messages messages;
    const std::uint64_t missing = feed_.happened_ - heard_;
    const std::size_t kept = feed_.happenings_.size();
    const std::size_t first = missing > kept ? 0 : kept - static_cast<std::size_t>(missing);
    for (std::size_t i = first; i < kept; ++i)
        if (wants(feed_.happenings_[i].topic())) messages.push_back(feed_.happenings_[i]);
    heard_ = feed_.happened_;
    return messages;
}

asio::awaitable<Result<FeedFollower::Messages>> FeedFollower::captures() {
    TILL_CO_TRY(const auto envelopes,
                co_await feed_.journal_.read(after_, page_bytes, page_records));
    Messages messages;
    for (const auto& envelope : envelopes) {
        after_ = envelope.seq;
        v1::FeedMessage message;
        *message.mutable_event() = shown(envelope);
        message.set_topic(topic_of(message.event()));
        if (wants(message.topic())) messages.push_back(std::move(message));
    }
    co_return messages;
}

/// For the next capture, or for news of a state, but not for each of many.
asio::awaitable<Result<void>> FeedFollower::wait() {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer soon{co_await asio::this_coro::executor, told_at_ + state_interval};
    const auto capture = [this] { return feed_.journal_.wait_beyond(after_); };
    if (has_news())
        co_await (capture() || soon.async_wait(nothrow) || feed_.changed_.async_wait(nothrow));
    else
        co_await (capture() || feed_.changed_.async_wait(nothrow));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)
        co_return Error{Errc::abandoned, "following the feed"};
    co_return Result<void>{};
}

asio::awaitable<Result<std::vector<v1::FeedMessage>>> FeedFollower::next() {
    const std::string journal = feed_.journal_.identity().journal.value().text();
    Messages messages;
    while (messages.empty()) {
        const auto now = std::chrono::steady_clock::now();
        if (heard_ != feed_.happened_) {
            messages = happenings();
        } else if (has_news() && now >= told_at_ + state_interval) {
            told_at_ = now;
            messages = news();
        } else if (after_ < feed_.journal_.head().seq) {
            TILL_CO_TRY(messages, co_await captures());
        } else {
            TILL_CO_TRY_VOID(co_await wait());
        }
    }
    for (auto& message : messages) message.set_journal_id(journal);
    co_return messages;
}

}  // namespace till

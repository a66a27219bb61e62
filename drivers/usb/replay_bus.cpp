#include "drivers/usb/replay_bus.hpp"

#include "agent/runtime/deadline.hpp"

#include <algorithm>
#include <set>

namespace till::drivers {

namespace {

const Error at_the_end{Errc::closed, "the recording ends here"};

bool is_given_up(const UsbStep& step) {
    return !step.answer && step.answer.error().code == Errc::abandoned;
}

/// What a request and its recording must have in common.
bool is_same(const UsbStep& asked, const UsbStep& recorded) {
    const auto request = [](const UsbStep& step) {
        return std::tie(step.kind, step.setup.type, step.setup.request, step.setup.value,
                        step.setup.index, step.endpoint, step.bytes, step.sent);
    };
    return request(asked) == request(recorded);
}

}  // namespace

/// The steps, and which of them have been made again.
class ReplayBus::Script {
public:
    struct Row {
        UsbStep step;
        bool again = false;  ///< A claim that its driver comes back for when a timer tells it.
        bool done = false;
    };

    Script(asio::any_io_executor executor, std::vector<UsbStep> steps,
           std::chrono::milliseconds patience)
        : patience_{patience}, wake_{std::move(executor), patience} {
        std::set<std::pair<UsbBus::DeviceId, std::uint8_t>> claimed;
        for (UsbStep& step : steps) {
            const bool is_claim = step.kind == UsbStep::Kind::claim;
            const bool again = is_claim && !claimed.emplace(step.device, step.interface).second;
            rows_.push_back({std::move(step), again});
        }
    }

    /// The first from there on that is not done; rows' number for none.
    template <class Wanted>
    std::size_t find(Wanted wanted, std::size_t from = 0) const {
        from = std::max(from, first_);
        while (from < rows_.size() && (rows_[from].done || !wanted(rows_[from].step))) ++from;
        return from;
    }
    /// Done or not; nullptr for none.
    template <class Wanted>
    const UsbStep* find_ever(Wanted wanted) const {
        const auto at = std::ranges::find_if(rows_, wanted, &Row::step);
        return at == rows_.end() ? nullptr : &at->step;
    }
    bool has(std::size_t at) const { return at < rows_.size(); }
    const UsbStep& step(std::size_t at) const { return rows_[at].step; }
    bool is_over() const { return first_ == rows_.size() || trouble_; }

    /// Whether it is this step's turn. Nobody waits for a driver that a timer has to wake but who joins or
    /// leaves.
    bool may_go(std::size_t at) const {
        bool held = false;
        for (std::size_t i = first_; i < at; ++i) {
            if (rows_[i].done) continue;
            if (rows_[at].step.is_change()) return false;
            held |= rows_[i].again || (step(i).is_on_pipe() && !open.contains(step(i).pipe));
            if (!held) return false;
        }
        return true;
    }
    void done(std::size_t at) {
        rows_[at].done = true;
        while (first_ < rows_.size() && rows_[first_].done) ++first_;
        ++made_;
        wake_.cancel();
    }
    void pass_over(std::uint64_t pipe) {
        const auto is_its = [&](const UsbStep& step) {
            return step.is_on_pipe() && step.pipe == pipe;
        };
        for (auto at = find(is_its); has(at); at = find(is_its, at)) done(at);
    }
    Error fail(std::size_t at, std::string_view what) {
        // The first line is the head.
        if (!trouble_)
            trouble_ = {Errc::conflict, "line " + std::to_string(at + 2)
                                            + " of the recording: " + std::string{what}};
        wake_.cancel();
        return at_the_end;
    }
    /// Until something was done, or when nothing ever is.
    asio::awaitable<void> wait() {
        const auto [woken] = co_await wake_.async_wait(nothrow);
        const bool others_looked = wake_.expiry() > std::chrono::steady_clock::now();
        if (woken || others_looked || is_over()) co_return;
        if (seen_ == made_) (void)fail(first_, "nobody asks for this any more");
        seen_ = made_;
        wake_.expires_after(patience_);
    }
    const std::optional<Error>& trouble() const { return trouble_; }

    std::set<std::uint64_t> open;
    std::set<UsbBus::DeviceId> gone;

private:
    std::chrono::milliseconds patience_;
    asio::steady_timer wake_;  // Cancelled when something was done.
    std::vector<Row> rows_;
    std::size_t first_ = 0;            // All before it are done.
    std::size_t made_ = 0;             // How many were.
    std::optional<std::size_t> seen_;  // Of these, when the timer expired last.
    std::optional<Error> trouble_;
};

class ReplayPipe final : public UsbPipe {
public:
    ReplayPipe(std::shared_ptr<ReplayBus::Script> script, const UsbStep& claim,
               UsbIdentity identity, UsbInterface interface)
        : script_{std::move(script)},
          device_{claim.device},
          number_{claim.pipe},
          identity_{std::move(identity)},
          interface_{std::move(interface)} {
        script_->open.insert(number_);
    }
    ~ReplayPipe() override {
        script_->open.erase(number_);
        const std::size_t rest = find_any();
        if (script_->is_over() || !script_->has(rest)) return;
        forgo(rest);
        script_->pass_over(number_);
    }

    const UsbIdentity& identity() const override { return identity_; }
    const UsbInterface& interface() const override { return interface_; }

    asio::awaitable<Result<Bytes>> control_in(UsbSetup setup, std::uint16_t bytes_max,
                                              std::chrono::milliseconds) override {
        UsbStep asked{.kind = UsbStep::Kind::control_in, .setup = setup, .bytes = bytes_max};
        co_return co_await ask(std::move(asked));
    }
    asio::awaitable<Result<void>> control_out(UsbSetup setup, Bytes data,
                                              std::chrono::milliseconds) override {
        UsbStep asked{.kind = UsbStep::Kind::control_out, .setup = setup, .sent = std::move(data)};
        const auto answer = co_await ask(std::move(asked));
        if (!answer) co_return answer.error();
        co_return Result<void>{};
    }
    asio::awaitable<Result<Bytes>> read(std::uint8_t endpoint, std::size_t bytes) override {
        UsbStep asked{.kind = UsbStep::Kind::read,
                      .endpoint = endpoint,
                      .bytes = static_cast<std::uint32_t>(bytes)};
        co_return co_await ask(std::move(asked));
    }
    asio::awaitable<Result<void>> write(std::uint8_t endpoint, Bytes data,
                                        std::chrono::milliseconds) override {
        UsbStep asked{.kind = UsbStep::Kind::write, .endpoint = endpoint, .sent = std::move(data)};
        const auto answer = co_await ask(std::move(asked));
        if (!answer) co_return answer.error();
        co_return Result<void>{};
    }

private:
    /// Reads of an endpoint come in their order, and so do requests; one does not wait for the other's
    /// answer.
    std::size_t find(const UsbStep& like, std::size_t from = 0) const {
        const bool is_read = like.kind == UsbStep::Kind::read;
        return script_->find(
            [&](const UsbStep& step) {
                if (!step.is_on_pipe() || step.pipe != number_) return false;
                if (is_read != (step.kind == UsbStep::Kind::read)) return false;
                return !is_read || step.endpoint == like.endpoint;
            },
            from);
    }

    asio::awaitable<Result<Bytes>> ask(UsbStep asked) {
        for (;;) {
            if (script_->is_over()) co_return at_the_end;
            const std::size_t at = find(asked);
            const bool is_known = script_->has(at);
            if (!is_known && asked.kind != UsbStep::Kind::read) co_return unforeseen();
            if (is_known && !is_same(asked, script_->step(at)))
                co_return script_->fail(at, "something else is asked of the device now");
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                if (is_known) forgo(at);
                co_return Error{Errc::abandoned, "cancelled"};
            }
            if (is_known && script_->may_go(at)) {
                script_->done(at);
                if (!is_given_up(script_->step(at))) co_return script_->step(at).answer;
                if (script_->has(find(asked, at))) co_return Error{Errc::timed_out, "given up"};
                continue;
            }
            co_await script_->wait();
        }
    }

    Error unforeseen() {
        const std::size_t rest = find_any();
        if (!script_->has(rest)) return at_the_end;
        return script_->fail(rest, "something more is asked of the device now");
    }
    /// The driver waits no longer.
    void forgo(std::size_t at) {
        if (is_given_up(script_->step(at)))
            script_->done(at);
        else if (!script_->gone.contains(device_))
            (void)script_->fail(at, "the driver did not wait for this");
    }

    std::size_t find_any() const {
        return script_->find(
            [&](const UsbStep& step) { return step.is_on_pipe() && step.pipe == number_; });
    }

    std::shared_ptr<ReplayBus::Script> script_;
    UsbBus::DeviceId device_;
    std::uint64_t number_;
    UsbIdentity identity_;
    UsbInterface interface_;
};

ReplayBus::ReplayBus(asio::any_io_executor executor, std::vector<UsbStep> steps,
                     std::chrono::milliseconds patience)
    : script_{std::make_shared<Script>(std::move(executor), std::move(steps), patience)} {}

asio::awaitable<std::optional<UsbBus::Change>> ReplayBus::next() {
    for (;;) {
        const auto at = script_->find([](const UsbStep& step) { return step.is_change(); });
        if (script_->is_over()) co_return std::nullopt;
        if (script_->has(at) && script_->may_go(at)) {
            const UsbStep& step = script_->step(at);
            const bool arrived = step.kind == UsbStep::Kind::arrived;
            if (!arrived) script_->gone.insert(step.device);
            script_->done(at);
            const UsbStep* const arrival = script_->find_ever([&](const UsbStep& each) {
                return each.kind == UsbStep::Kind::arrived && each.device == step.device;
            });
            co_return Change{step.device, arrived,
                             arrival == nullptr ? UsbIdentity{} : arrival->identity};
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return std::nullopt;
        co_await script_->wait();
    }
}

Result<std::unique_ptr<UsbPipe>> ReplayBus::claim(DeviceId device, std::uint8_t interface) {
    const auto is_it = [&](const UsbStep& step) {
        return step.kind == UsbStep::Kind::claim && step.device == device
               && step.interface == interface;
    };
    const auto at = script_->find(is_it);
    if (script_->is_over()) return at_the_end;
    if (!script_->has(at) && script_->find_ever(is_it) != nullptr) return at_the_end;
    if (!script_->has(at)) return Error{Errc::unsupported, "not in the recording"};
    script_->done(at);
    const UsbStep& claim = script_->step(at);
    if (!claim.answer) return claim.answer.error();
    const auto left_out = script_->find([&](const UsbStep& step) {
        return step.kind == UsbStep::Kind::left_out && step.pipe == claim.pipe;
    });
    if (script_->has(left_out)) {
        script_->pass_over(claim.pipe);
        return Error{Errc::unsupported, "left out of the recording"};
    }
    const UsbStep* const arrival = script_->find_ever([&](const UsbStep& step) {
        return step.kind == UsbStep::Kind::arrived && step.device == device;
    });
    if (arrival != nullptr)
        for (const UsbInterface& each : arrival->identity.interfaces)
            if (each.number == interface)
                return std::make_unique<ReplayPipe>(script_, claim, arrival->identity, each);
    return script_->fail(at, "the device has no such interface");
}

Result<void> ReplayBus::trouble() const {
    if (script_->trouble()) return *script_->trouble();
    return {};
}

}  // namespace till::drivers

#include "agent/tillctl/rescue_delivery.hpp"

#include "agent/core/hex.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/task_group.hpp"
#include "sync/uplink/uplink.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace till {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;  // With nothing moving.

/// One journal of the file as an uplink sees a device's. What the centre has is kept in memory only.
class RescuedSource final : public sync::JournalSource {
public:
    RescuedSource(RescueFile& file, std::size_t index)
        : file_{file},
          index_{index},
          acknowledged_{said().acknowledged},
          store_epoch_{said().store_epoch} {}

    Standing standing() const override { return {said().head, acknowledged_, store_epoch_}; }
    asio::awaitable<Result<std::vector<sync::Envelope>>> read(Seq from, std::size_t,
                                                              std::size_t records_max) override {
        auto records = file_.read(index_, from);
        if (!records) error_ = records.error();
        if (records && records->size() > records_max) records->resize(records_max);
        co_return records;
    }
    asio::awaitable<Result<Digest>> hash_at(Seq seq) override {
        auto hash = file_.hash_at(index_, seq);
        if (!hash) error_ = hash.error();
        co_return hash;
    }
    asio::awaitable<Result<void>> acknowledge(Seq seq, Bytes store_epoch) override {
        acknowledged_ = seq;
        store_epoch_ = std::move(store_epoch);
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> wait_beyond(Seq) override {
        asio::steady_timer never{co_await asio::this_coro::executor,
                                 asio::steady_timer::time_point::max()};
        co_await never.async_wait(nothrow);
        co_return Error{Errc::abandoned, "a file does not grow"};
    }

    const sync::UplinkSession::Options& said() const { return file_.journals().at(index_).hello; }
    const std::optional<Error>& error() const { return error_; }  ///< The file does not have it.

private:
    RescueFile& file_;
    std::size_t index_;
    Seq acknowledged_;
    Bytes store_epoch_;
    std::optional<Error> error_;
};

class Delivery final : public sync::UplinkOwner {
public:
    Delivery(const GatewayDoor& gateway, RescueFile& file, std::size_t index, Clock& clock)
        : context_{gateway.context},
          source_{file, index},
          uplink_{{.gateway = gateway.address,
                   .hello = source_.said(),
                   .target = "/admin/v1/devices/" + source_.said().device.value().text() + "/sync"},
                  source_,
                  *this,
                  clock} {}

    asio::awaitable<Result<Delivered>> run() {
        const auto executor = co_await asio::this_coro::executor;
        TaskGroup children{executor};
        children.spawn(uplink_.run());
        asio::steady_timer timer{executor};
        auto moved = std::chrono::steady_clock::now();
        Seq mark{0};
        bool stuck = false;
        while (!is_done() && !source_.error() && children.size() > 0 && !stuck) {
            timer.expires_after(20ms);
            co_await timer.async_wait(nothrow);
            if (uplink_.state().mark != mark) moved = std::chrono::steady_clock::now();
            mark = uplink_.state().mark;
            stuck =
                uplink_.state().forbidden || std::chrono::steady_clock::now() - moved > patience;
        }
        const bool done = is_done();
        const std::string why = uplink_.state().last_error;
        const auto code = uplink_.state().forbidden ? Errc::forbidden : Errc::timed_out;
        children.cancel();
        co_await children.join();
        if (source_.error()) co_return *source_.error();
        if (!done) co_return Error{code, why};
        const auto& said = source_.said();
        co_return Delivered{said.journal, had_.value_or(Seq{0}), said.head.seq, branch_};
    }

private:
    bool is_done() const {
        if (branch_) return retired_;
        return had_ && source_.standing().acknowledged >= source_.said().head.seq
               && uplink_.state().up;
    }

    asio::awaitable<Result<sync::ClientContext>> context() override { co_return context_; }
    void on_welcomed(const sync::UplinkSession::Welcomed& welcomed) override {
        if (!had_) had_ = welcomed.mark;
    }
    void on_forked(const sync::Mark&) override { branch_ = true; }
    void on_retired(const Bytes&) override { retired_ = true; }
    void on_totals_stored(std::string_view, std::uint32_t) override {}
    void on_noticed(std::string_view, std::uint64_t) override {}

    sync::ClientContext context_;
    RescuedSource source_;
    sync::Uplink uplink_;
    std::optional<Seq> had_;
    bool branch_ = false, retired_ = false;
};

}  // namespace

Result<Delivered> deliver(const GatewayDoor& gateway, RescueFile& file, std::size_t index,
                          Clock& clock) {
    asio::io_context loop;
    Delivery delivery{gateway, file, index, clock};
    std::optional<Result<Delivered>> done;
    const auto on_done = [&done](std::exception_ptr failure, Result<Delivered> result) {
        if (failure) std::rethrow_exception(failure);
        done = std::move(result);
    };
    asio::co_spawn(loop, delivery.run(), on_done);
    loop.run();
    return done ? *std::move(done) : Result<Delivered>{};
}

}  // namespace till

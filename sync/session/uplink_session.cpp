#include "sync/session/uplink_session.hpp"

#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"
#include "sync/session/clock_estimate.hpp"
#include "sync/session/uplink_impl.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>
#include <utility>

namespace till::sync {

namespace {
constexpr std::uint32_t journal_stream = 1;
}

UplinkSession::UplinkSession(Options options) : impl_{std::make_unique<Impl>(std::move(options))} {}
UplinkSession::UplinkSession(UplinkSession&&) noexcept = default;
UplinkSession::~UplinkSession() = default;

bool UplinkSession::is_up() const { return impl_->is_up(); }

UplinkSession::Actions UplinkSession::on(Event event) {
    if (impl_->step == Impl::Step::over) return {};
    const auto take = [&](const auto& e) {
        impl_->now = e.now;
        impl_->take(e);
    };
    std::visit(take, event);
    return std::exchange(impl_->out, {});
}

Digest UplinkSession::Impl::genesis_hash() const { return genesis(options.journal); }

void UplinkSession::Impl::hang_up(Reason reason, std::string detail) {
    if (step != Step::idle) out.push_back(send_bye(reason, detail, {}));
    end(reason, std::move(detail), {});
}

void UplinkSession::Impl::end(Reason reason, std::string detail,
                              std::chrono::milliseconds retry_after) {
    out.push_back(Hangup{reason, std::move(detail), retry_after});
    step = Step::over;
}

void UplinkSession::Impl::take(const Connected&) {
    if (step != Step::idle) return;
    step = Step::greeted;
    greeted = heard = now;
    v1::Frame frame;
    frame.set_stream(journal_stream);
    v1::Hello& hello = *frame.mutable_hello();
    hello.set_device_id(Bytes{options.device.value().bytes()});
    hello.set_journal_id(Bytes{options.journal.value().bytes()});
    hello.set_head(options.head.seq.value());
    hello.set_head_hash(Bytes{view(options.head.hash)});
    if (options.predecessor) hello.set_predecessor(Bytes{options.predecessor->value().bytes()});
    hello.set_generation(options.generation.value());
    hello.set_store(options.store);
    hello.set_workstation(options.workstation);
    hello.set_protocol_min(protocol_min);
    hello.set_protocol_max(protocol_max);
    hello.set_schema(schema_version);
    for (const Codec known : codecs()) hello.add_codecs(known.value());
    put(*hello.mutable_clock(), now);
    hello.set_agent_version(options.agent_version);
    hello.set_acknowledged(options.acknowledged.value());
    hello.set_store_epoch(options.store_epoch);
    if (options.note_key) hello.set_note_key_id(note_key_id(options.note_key->public_key));
    hello.set_noted(options.noted.value());
    hello.set_kept_from(options.kept_from.value());
    out.push_back(send(frame));
}

void UplinkSession::Impl::take(const Received& received) {
    if (step == Step::idle) return;
    const auto frame = parse_frame(received.message, limits::frame_bytes_max);
    if (!frame) return hang_up(Reason::violation, frame.error().detail);
    heard = now;
    if (frame->stream() != connection_stream && frame->stream() != journal_stream) {
        return hang_up(Reason::violation, "a stream that was never opened");
    }
    take(*frame);
}

void UplinkSession::Impl::take(const v1::Frame& frame) {
    switch (frame.kind_case()) {
        case v1::Frame::kWelcome:
            return take(frame.welcome());
        case v1::Frame::kHold:
            return take(frame.hold());
        case v1::Frame::kBye:
            return take(frame.bye());
        case v1::Frame::kPing:
            out.push_back(send_pong(frame.ping(), now));
            return;
        case v1::Frame::kNotice:
            out.push_back(Noticed{frame.notice().topic(), frame.notice().version()});
            return;
        case v1::Frame::kFeedPage:
            if (is_welcomed()) out.push_back(FeedCame{frame.feed_page()});
            return;
        case v1::Frame::kCustomerAnswer:
            if (is_welcomed()) out.push_back(CustomerAnswered{frame.customer_answer()});
            return;
        case v1::Frame::kPong:
        case v1::Frame::KIND_NOT_SET:
            return;  // A newer centre may say what we do not know.
        case v1::Frame::kHello:
        case v1::Frame::kBatch:
        case v1::Frame::kTotals:
        case v1::Frame::kTelemetry:
        case v1::Frame::kFeedRequest:
        case v1::Frame::kCustomerQuestion:
            return hang_up(Reason::violation, "a frame that only a device sends");
        default:
            return take_streamed(frame);
    }
}

void UplinkSession::Impl::take_streamed(const v1::Frame& frame) {
    if (frame.has_note() && is_welcomed()) return take(frame.note());
    if (!is_up()) return hang_up(Reason::violation, "an answer to nothing that was sent");
    switch (frame.kind_case()) {
        case v1::Frame::kAck:
            return take(frame.ack());
        case v1::Frame::kCredit:
            credit = std::max<std::uint64_t>(credit, frame.credit().credit_bytes());
            return read_more();
        case v1::Frame::kResend:
            return take(frame.resend());
        case v1::Frame::kFork:
            return take(frame.fork());
        case v1::Frame::kTotalsStored: {
            const v1::TotalsStored& stored = frame.totals_stored();
            out.push_back(TotalsStored{stored.business_day(), stored.amendment()});
            return;
        }
        default:
            return;
    }
}

// A note that cannot be used is passed over: it proves nothing, and no till waits for one.
void UplinkSession::Impl::take(const v1::Note& message) {
    auto note = note_of(message);
    const bool same_chain = step == Step::checking || step == Step::streaming;
    if (!note || !options.note_key || note->journal != options.journal || note->store_epoch != epoch
        || note->last > std::max(acked.seq, centre.seq) || !same_chain)
        return;
    out.push_back(Noted{{*std::move(note), *options.note_key}});
}

void UplinkSession::Impl::take(const v1::Welcome& welcome) {
    if (step != Step::greeted) return hang_up(Reason::violation, "a second welcome");
    const auto hash = to_digest(welcome.mark_hash());
    if (!hash || welcome.store_epoch().empty()) {
        return hang_up(Reason::violation, "a welcome without mark hash or store epoch");
    }
    if (welcome.protocol() < protocol_min || welcome.protocol() > protocol_max) {
        return hang_up(Reason::unsupported, "protocol version");
    }
    const Seq mark{welcome.mark()};
    if (mark < options.acknowledged && welcome.store_epoch() == options.store_epoch) {
        return hang_up(Reason::restored, "the mark went back though the store's epoch is the same");
    }
    const Codec wanted{welcome.codec()};
    if (std::ranges::find(codecs(), wanted) != codecs().end()) codec = wanted;
    if (welcome.has_note_key())
        if (auto key = note_key_of(welcome.note_key())) options.note_key = *std::move(key);
    epoch = welcome.store_epoch();
    credit = welcome.credit_bytes();
    centre = {mark, *hash};
    ClockEstimate clock;
    clock.bracket(greeted, now, {.wall = WallTime{welcome.clock().wall_ms()}});
    out.push_back(Welcomed{epoch, mark, welcome.sealing_key_id(), wait_of(welcome.backup_age_ms()),
                           clock.at(now)});
    step = Step::checking;
    if (mark < options.kept_from) return start_fork(centre);
    if (mark == Seq{0}) return compare_at_mark(genesis_hash());
    if (mark > options.head.seq) return start_fork(centre);
    if (mark == options.head.seq) return compare_at_mark(options.head.hash);
    out.push_back(ReadHash{mark});
}

void UplinkSession::Impl::compare_at_mark(const Digest& own) {
    if (own != centre.hash) return start_fork(centre);
    if (centre.seq != options.acknowledged || epoch != options.store_epoch) {
        out.push_back(Acknowledge{centre.seq, epoch});
    }
    start(Step::streaming, centre);
}

void UplinkSession::Impl::take(const HashRead& read) {
    if (step != Step::checking && step != Step::rooting) return;
    if (!read.hash) return hang_up(Reason::unavailable, "journal: " + read.hash.error().detail);
    if (step == Step::checking) return compare_at_mark(*read.hash);
    start(Step::branching, {root, *read.hash});
}

void UplinkSession::Impl::take(const Grown& grown) {
    if (grown.head.seq > options.head.seq) options.head = grown.head;
    read_more();
}

void UplinkSession::Impl::take(const Submit& submit) {
    if (!is_welcomed()) return;
    v1::Frame frame;
    google::protobuf::Message* into = frame.mutable_telemetry();
    if (submit.kind == Submit::Kind::feed_request) into = frame.mutable_feed_request();
    if (submit.kind == Submit::Kind::customer_question) into = frame.mutable_customer_question();
    if (submit.kind == Submit::Kind::totals) {
        frame.set_stream(journal_stream);
        into = frame.mutable_totals();
    }
    if (into->ParseFromString(submit.message)) out.push_back(send(frame));
}

void UplinkSession::Impl::take(const Stop&) { hang_up(Reason::done, "the agent is stopping"); }

void UplinkSession::Impl::take(const Tick&) {
    if (step == Step::idle) return;
    const auto limit =
        step == Step::greeted ? limits::handshake_time_max : limits::peer_silence_max;
    const std::chrono::milliseconds silence{since(heard, now)};
    if (silence > limit) return hang_up(Reason::silent, "nothing heard from the gateway");
    read_more();
}

void UplinkSession::Impl::take(const v1::Hold& asked) {
    const auto wait = wait_of(asked.retry_after_ms());
    if (step == Step::greeted) return end(Reason::unavailable, printable(asked.reason()), wait);
    hold_since = now;
    hold = wait;
}

bool UplinkSession::Impl::is_held() const {
    return hold > std::chrono::milliseconds{since(hold_since, now)};
}

void UplinkSession::Impl::take(const v1::Bye& bye) {
    const bool known = v1::Bye::Reason_IsValid(bye.reason());
    end(known ? static_cast<Reason>(bye.reason()) : Reason::unspecified, printable(bye.detail()),
        wait_of(bye.retry_after_ms()));
}

}  // namespace till::sync

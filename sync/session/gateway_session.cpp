#include "sync/session/gateway_session.hpp"

#include "agent/core/hex.hpp"
#include "sync/session/gateway_impl.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::sync {

namespace {

constexpr std::chrono::milliseconds retry_when_store_fails{5000};
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t totals_waiting_max = 64;
constexpr std::size_t questions_max = 4;  // Of a kind, under way at once.

Result<JournalRow> row_of(const v1::Hello& hello) {
    JournalRow row;
    TILL_TRY(const Uuid journal, Uuid::from_bytes(hello.journal_id()));
    TILL_TRY(const Uuid device, Uuid::from_bytes(hello.device_id()));
    TILL_TRY_VOID(to_digest(hello.head_hash()));
    TILL_TRY_VOID(times_of(hello.clock()));
    row.journal = JournalId{journal};
    row.device = DeviceId{device};
    if (!hello.predecessor().empty()) {
        TILL_TRY(const Uuid before, Uuid::from_bytes(hello.predecessor()));
        row.predecessor = JournalId{before};
    }
    if (journal.is_nil() || row.predecessor == row.journal) {
        return Error{Errc::malformed, "a journal id that cannot be"};
    }
    if (std::max(hello.store().size(), hello.workstation().size()) > name_bytes_max) {
        return Error{Errc::malformed, "store or workstation too long"};
    }
    row.generation = hello.generation();
    row.store = hello.store();
    row.workstation = hello.workstation();
    return row;
}

/// The sender's first choice among what we know, too.
Codec common_codec(const v1::Hello& hello) {
    for (const std::uint32_t offered : hello.codecs()) {
        const auto known = std::ranges::find(codecs(), Codec{offered});
        if (known != codecs().end()) return *known;
    }
    return codec_stored;
}

}  // namespace

GatewaySession::GatewaySession(Options options)
    : impl_{std::make_unique<Impl>(std::move(options))} {}
GatewaySession::GatewaySession(GatewaySession&&) noexcept = default;
GatewaySession::~GatewaySession() = default;

ClockOffset GatewaySession::clock() const { return impl_->clock.at(impl_->now); }

GatewaySession::Actions GatewaySession::on(Event event) {
    if (impl_->step == Impl::Step::over) return {};
    const auto take = [&](const auto& e) {
        impl_->now = e.now;
        impl_->take(e);
    };
    std::visit(take, event);
    return std::exchange(impl_->out, {});
}

void GatewaySession::Impl::hang_up(Reason reason, std::string detail,
                                   std::chrono::milliseconds retry_after) {
    out.push_back(send_bye(reason, detail, retry_after));
    out.push_back(Hangup{reason, std::move(detail), retry_after});
    step = Step::over;
}

v1::Frame GatewaySession::Impl::frame() const {
    v1::Frame made;
    made.set_stream(stream);
    return made;
}

void GatewaySession::Impl::ping() {
    v1::Frame ping;
    ping.mutable_ping()->set_id(++ping_id);
    ping.mutable_ping()->mutable_clock()->set_wall_ms(now.wall.value());
    pinged = last_ping = now;
    out.push_back(send(ping));
}

void GatewaySession::Impl::take(const Received& e) {
    const bool known = step != Step::waiting;
    const auto message =
        parse_frame(e.message, known ? limits::frame_bytes_max : limits::hello_bytes_max);
    if (!message) return hang_up(reason_for(message.error()), message.error().detail);
    heard = now;
    if (known && message->stream() != connection_stream && message->stream() != stream) {
        return hang_up(Reason::violation, "a stream that was never opened");
    }
    take(*message);
}

void GatewaySession::Impl::take(const v1::Frame& message) {
    switch (message.kind_case()) {
        case v1::Frame::kHello:
            return take(message.hello(), message.stream());
        case v1::Frame::kBye:
            out.push_back(Hangup{Reason::done, printable(message.bye().detail()), {}});
            step = Step::over;
            return;
        case v1::Frame::kPing:
            out.push_back(send_pong(message.ping(), now));
            return;
        case v1::Frame::kPong:
            return take(message.pong());
        case v1::Frame::KIND_NOT_SET:
            return;  // A newer device may say what we do not know.
        default:
            break;
    }
    if (step != Step::open && step != Step::forked) {
        return hang_up(Reason::violation, "a frame before the welcome");
    }
    if (!message.has_batch() && message.ByteSizeLong() > limits::report_bytes_max) {
        return hang_up(Reason::too_large, "totals, telemetry and questions are smaller");
    }
    switch (message.kind_case()) {
        case v1::Frame::kBatch:
            return take(message.batch());
        case v1::Frame::kTotals:
            return take(message.totals());
        case v1::Frame::kTelemetry:
            return take(message.telemetry());
        case v1::Frame::kFeedRequest:
            return take(message.feed_request());
        case v1::Frame::kCustomerQuestion:
            return take(message.customer_question());
        default:
            return hang_up(Reason::violation, "a frame that only the centre sends");
    }
}

void GatewaySession::Impl::take(const v1::Hello& hello, std::uint32_t on_stream) {
    if (step != Step::waiting) return hang_up(Reason::violation, "a second hello");
    out.push_back(Greeted{printable(hello.agent_version().substr(0, name_bytes_max))});
    const auto row = row_of(hello);
    if (!row) return hang_up(Reason::violation, "hello: " + row.error().detail);
    if (on_stream == connection_stream) return hang_up(Reason::violation, "hello without a stream");
    if (hello.protocol_max() < protocol_min || hello.protocol_min() > protocol_max) {
        return hang_up(Reason::unsupported, "no protocol version in common");
    }
    if (row->device != options.peer) {
        return hang_up(Reason::not_yours, "the hello names another device than the certificate");
    }
    stream = on_stream;
    journal = row->journal;
    codec = common_codec(hello);
    // The device read its clock after we had accepted and before now.
    if (const auto sample = times_of(hello.clock())) clock.bracket(options.accepted, now, *sample);
    if (hello.store_epoch() == options.store_epoch) noted = Seq{hello.noted()};
    knows_note_key =
        options.notes && hello.note_key_id() == note_key_id(options.notes->key().public_key);
    step = Step::binding;
    Bind bind{*row};
    bind.first_hello.last_seen_ms = now.wall.value();
    out.push_back(std::move(bind));
}

void GatewaySession::Impl::take(const Bound& e) {
    if (step != Step::binding) return;
    if (!e.row && e.row.error().code == Errc::conflict) {
        return hang_up(Reason::not_yours, "the journal is bound to another device");
    }
    if (!e.row) return hang_up(Reason::unavailable, "store", retry_when_store_fails);
    if (e.row->device != options.peer) {
        return hang_up(Reason::not_yours, "the journal is bound to another device");
    }
    step = Step::open;
    verified = e.row->mark;
    if (verified.seq == Seq{0}) verified.hash = genesis(journal);
    committed = verified;
    granted = grantable();
    v1::Frame answer = frame();
    v1::Welcome& welcome = *answer.mutable_welcome();
    welcome.set_protocol(protocol_max);
    welcome.set_store_epoch(options.store_epoch);
    welcome.set_mark(verified.seq.value());
    welcome.set_mark_hash(Bytes{view(verified.hash)});
    welcome.set_codec(codec.value());
    welcome.set_credit_bytes(granted);
    welcome.mutable_clock()->set_wall_ms(now.wall.value());
    welcome.set_sealing_key_id(options.sealing_key_id);
    welcome.set_backup_age_ms(static_cast<std::uint64_t>(options.backup_age.count()));
    if (options.notes && !knows_note_key) put(*welcome.mutable_note_key(), options.notes->key());
    out.push_back(send(answer));
    ping();
}

void GatewaySession::Impl::take(const v1::DayTotals& totals) {
    v1::DayFigures figures;
    const bool understood = figures.ParseFromString(totals.figures());
    if (!understood || figures.journal_id() != journal.value().bytes()
        || figures.business_day().empty() || figures.business_day().size() > name_bytes_max) {
        return hang_up(Reason::violation, "totals that are not this journal's");
    }
    if (storing_totals.size() >= totals_waiting_max) {
        return hang_up(Reason::violation, "too many totals at once");
    }
    storing_totals.emplace_back(figures.business_day(), figures.amendment());
    out.push_back(StoreTotals{journal, figures.business_day(), figures.amendment(),
                              totals.figures(), totals.signature()});
}

void GatewaySession::Impl::take(const TotalsKept& e) {
    if (storing_totals.empty()) return;
    const auto [day, amendment] = std::move(storing_totals.front());
    storing_totals.pop_front();
    if (!e.kept) return;  // Not answered: the device offers them again.
    v1::Frame answer = frame();
    answer.mutable_totals_stored()->set_business_day(day);
    answer.mutable_totals_stored()->set_amendment(amendment);
    out.push_back(send(answer));
}

void GatewaySession::Impl::take(const v1::Telemetry& telemetry) {
    out.push_back(KeepTelemetry{telemetry.SerializeAsString()});
}

void GatewaySession::Impl::take(const v1::FeedRequest& request) {
    if (reading_feeds == questions_max) return;  // Whoever waits asks again.
    ++reading_feeds;
    out.push_back(ReadFeed{request});
}

void GatewaySession::Impl::take(const v1::CustomerQuestion& question) {
    if (asking == questions_max) return;  // Nobody waits long for an answer.
    ++asking;
    out.push_back(AskCustomer{question});
}

void GatewaySession::Impl::take(const CustomerAnswered& e) {
    if (asking > 0) --asking;
    v1::Frame answer;
    *answer.mutable_customer_answer() = e.answer;
    out.push_back(send(answer));
}

void GatewaySession::Impl::take(const FeedRead& e) {
    if (reading_feeds > 0) --reading_feeds;
    if (!e.page) return;
    v1::Frame answer;
    *answer.mutable_feed_page() = *e.page;
    out.push_back(send(answer));
}

void GatewaySession::Impl::take(const v1::Pong& pong) {
    const auto sample = times_of(pong.clock());
    if (!sample || !pinged || pong.id() != ping_id) return;
    clock.bracket(*pinged, now, *sample);
    pinged.reset();
}

void GatewaySession::Impl::take(const Notify& e) {
    if (step != Step::open && step != Step::forked) return;
    v1::Frame notice;
    notice.mutable_notice()->set_topic(e.topic);
    notice.mutable_notice()->set_version(e.version);
    out.push_back(send(notice));
}

void GatewaySession::Impl::take(const Overloaded& e) { tell_hold(e.reason, e.retry_after); }

void GatewaySession::Impl::take(const Dismiss& e) { hang_up(e.reason, e.detail, e.retry_after); }

void GatewaySession::Impl::take(const Tick&) {
    const bool known = step != Step::waiting;
    const auto limit = known ? limits::peer_silence_max : limits::handshake_time_max;
    if (std::chrono::milliseconds{since(heard, now)} > limit) {
        return hang_up(Reason::silent, "nothing heard from the device");
    }
    const std::chrono::milliseconds quiet{since(last_ping, now)};
    const bool welcomed = step == Step::open || step == Step::forked;
    if (welcomed && quiet >= limits::heartbeat_interval) ping();
    send_note_when_due();
}

/// One signature for many batches: the newest note says all that those before it said.
void GatewaySession::Impl::send_note_when_due() {
    if (!options.notes || step != Step::open || committed.seq <= noted) return;
    if (note_sent && std::chrono::milliseconds{since(*note_sent, now)} < limits::note_interval)
        return;
    v1::Frame said = frame();
    put(*said.mutable_note(), options.notes->sign({.store_epoch = options.store_epoch,
                                                   .journal = journal,
                                                   .last = committed.seq,
                                                   .hash = committed.hash,
                                                   .time = now.wall,
                                                   .key_id = {},
                                                   .signature = {}}));
    out.push_back(send(said));
    noted = committed.seq;
    note_sent = now;
}

}  // namespace till::sync

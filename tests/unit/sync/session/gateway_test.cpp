#include "agent/core/limits.hpp"
#include "tests/unit/sync/session/ends.hpp"

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using Gate = GatewaySession;

TEST_CASE("gateway: a hello is bound, then welcomed at the stored mark", "[session]") {
    Gate session = accepted();
    const auto bind = first<Gate::Bind>(session.on(frame(hello_frame())));
    REQUIRE(bind);
    CHECK(bind->first_hello.journal == journal);
    CHECK(bind->first_hello.device == device);
    const Mark mark = after(start(), record(1));
    const auto welcome = sent(session.on(Gate::Bound{row(mark), at(11)}), v1::Frame::kWelcome);
    REQUIRE(welcome);
    CHECK(welcome->welcome().mark() == 1);
    CHECK(welcome->welcome().mark_hash() == view(mark.hash));
    CHECK(welcome->welcome().credit_bytes() == limits::window_bytes);
}

TEST_CASE("gateway: acknowledges after the commit and never before", "[session]") {
    Gate session = welcoming();
    const auto actions = session.on(frame(batch_frame(start(), record(1))));
    const auto commit = first<Gate::Commit>(actions);
    REQUIRE(commit);
    CHECK(actions.size() == 1);
    CHECK(commit->append.expected.seq == Seq{0});
    CHECK(commit->append.result.hash == after(start(), record(1)).hash);
    CHECK(commit->append.envelopes == std::vector{record(1)});
    CHECK(commit->append.hashes == std::vector{commit->append.result.hash});
    const auto ack = sent(session.on(Gate::Committed{Appended{true, {}}, at(20)}), v1::Frame::kAck);
    REQUIRE(ack);
    CHECK(ack->ack().mark() == 1);
}

TEST_CASE("gateway: several batches may be under way; commits are asked for in order",
          "[session]") {
    Gate session = welcoming();
    const Mark one = after(start(), record(1));
    REQUIRE(first<Gate::Commit>(session.on(frame(batch_frame(start(), record(1))))));
    const auto second = first<Gate::Commit>(session.on(frame(batch_frame(one, record(2)))));
    REQUIRE(second);
    CHECK(second->append.expected.hash == one.hash);
    static_cast<void>(session.on(Gate::Committed{Appended{true, {}}, at(20)}));
    const auto ack = sent(session.on(Gate::Committed{Appended{true, {}}, at(21)}), v1::Frame::kAck);
    REQUIRE(ack);
    CHECK(ack->ack().mark() == 2);
}

TEST_CASE("gateway: the loser of the compare-and-set hangs up", "[session]") {
    Gate session = welcoming();
    static_cast<void>(session.on(frame(batch_frame(start(), record(1)))));
    const auto hangup = first<Hangup>(session.on(Gate::Committed{Appended{false, {}}, at(20)}));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::overtaken);
}

TEST_CASE("gateway: a store that fails ends the session with a time to come back", "[session]") {
    Gate session = welcoming();
    static_cast<void>(session.on(frame(batch_frame(start(), record(1)))));
    const Error unknown{Errc::outcome_unknown, "disk"};
    const auto actions = session.on(Gate::Committed{unknown, at(20)});
    CHECK_FALSE(sent(actions, v1::Frame::kAck));
    const auto bye = sent(actions, v1::Frame::kBye);
    REQUIRE(bye);
    CHECK(bye->bye().reason() == v1::Bye::REASON_UNAVAILABLE);
    CHECK(bye->bye().retry_after_ms() > 0);
}

TEST_CASE("gateway: a full store makes the device hold and send again what follows on the mark",
          "[session]") {
    Gate session = welcoming();
    const Mark one = after(start(), record(1)), two = after(one, record(2));
    const Error full{Errc::disk_full, "no room"};
    for (const auto& [before, seq] : {std::pair{start(), 1U}, {one, 2U}, {two, 3U}})
        REQUIRE(first<Gate::Commit>(session.on(frame(batch_frame(before, record(seq))))));
    CHECK(sent(session.on(Gate::Committed{Appended{true, {}}, at(20)}), v1::Frame::kAck));
    const auto told = session.on(Gate::Committed{full, at(21)});
    const auto hold = sent(told, v1::Frame::kHold);
    REQUIRE(hold);
    CHECK(hold->hold().reason() == "disk_full");
    CHECK(sent(told, v1::Frame::kResend)->resend().from() == 2);
    CHECK_FALSE(first<Hangup>(told));

    // What was under way behind it cannot be stored, and nothing is said of it.
    CHECK(session.on(Gate::Committed{Appended{false, one}, at(22)}).empty());
    CHECK(
        sent(session.on(frame(batch_frame(after(two, record(3)), record(4)))), v1::Frame::kCredit));
    REQUIRE(first<Gate::Commit>(session.on(frame(batch_frame(one, record(2))))));
    const auto again = sent(session.on(Gate::Committed{full, at(30)}), v1::Frame::kHold);
    REQUIRE(again);
    CHECK(again->hold().retry_after_ms() == 2 * hold->hold().retry_after_ms());
    REQUIRE(first<Gate::Commit>(session.on(frame(batch_frame(one, record(2))))));
    const auto ack = sent(session.on(Gate::Committed{Appended{true, {}}, at(40)}), v1::Frame::kAck);
    REQUIRE(ack);
    CHECK(ack->ack().mark() == 2);
}

TEST_CASE("gateway: a gap is answered with one resend, then the stream goes on", "[session]") {
    Gate session = welcoming();
    const Mark one = after(start(), record(1));
    const Mark two = after(one, record(2));
    const auto resend = sent(session.on(frame(batch_frame(two, record(3)))), v1::Frame::kResend);
    REQUIRE(resend);
    CHECK(resend->resend().from() == 1);
    Envelope fourth = record(4);
    CHECK_FALSE(
        sent(session.on(frame(batch_frame(after(two, record(3)), fourth))), v1::Frame::kResend));
    CHECK(first<Gate::Commit>(session.on(frame(batch_frame(start(), record(1))))));
}

TEST_CASE("gateway: a chain that disagrees is a fork; its branch is kept, then confirmed",
          "[session]") {
    const Mark mark = after(start(), record(1));
    Gate session = welcoming(mark);
    const Mark other = after(start(), record(1, "other"));
    const auto fork = sent(session.on(frame(batch_frame(other, record(2)))), v1::Frame::kFork);
    REQUIRE(fork);
    CHECK(fork->fork().kept() == 0);
    CHECK(fork->fork().mark() == 1);
    v1::Frame branch = batch_frame(start(), record(1, "other"));
    branch.mutable_batch()->set_branch_base(Bytes{view(start().hash)});
    const auto keep = first<Gate::KeepBranch>(session.on(frame(branch)));
    REQUIRE(keep);
    CHECK(keep->fork_point.seq == Seq{0});
    CHECK(keep->envelopes == std::vector{record(1, "other")});
    const auto kept = sent(session.on(Gate::BranchKept{1, at(30)}), v1::Frame::kFork);
    REQUIRE(kept);
    CHECK(kept->fork().kept() == 1);
}

TEST_CASE("gateway: measures the device's clock and says how far to trust that", "[session]") {
    Gate session = accepted();
    v1::Frame hello = hello_frame();
    hello.mutable_hello()->mutable_clock()->set_wall_ms(5000
                                                        - 900'000);  // A quarter of an hour behind.
    hello.mutable_hello()->mutable_clock()->set_since_boot_ms(5000);
    static_cast<void>(session.on(frame(hello, 5040)));
    const ClockOffset rough = session.clock();
    CHECK(std::abs(rough.offset_ms - 900'000) <= rough.error_ms);
    static_cast<void>(session.on(Gate::Bound{row(), at(6000)}));
    v1::Frame pong;
    pong.mutable_pong()->set_id(1);
    pong.mutable_pong()->mutable_clock()->set_wall_ms(6010 - 900'000);
    pong.mutable_pong()->mutable_clock()->set_since_boot_ms(6010);
    pong.mutable_pong()->mutable_clock()->set_boot_id(Bytes{device.value().bytes()});
    static_cast<void>(session.on(frame(pong, 6020)));
    const ClockOffset fine = session.clock();
    CHECK(std::abs(fine.offset_ms - 900'000) <= fine.error_ms);
    CHECK(fine.error_ms <= 11);
}

TEST_CASE(
    "gateway: each envelope gets the offset of the clock that stamped it, whatever it did since",
    "[session]") {
    Gate session = accepted();
    v1::Frame hello = hello_frame();
    hello.mutable_hello()->mutable_clock()->set_wall_ms(5000 - 900'000);
    hello.mutable_hello()->mutable_clock()->set_since_boot_ms(5000);
    static_cast<void>(session.on(frame(hello, 5000)));
    static_cast<void>(session.on(Gate::Bound{row(), at(5000)}));
    const ClockOffset measured = session.clock();

    Envelope before = record(1);  // Stamped a second before the hello, by a clock an hour ahead.
    before.times.wall = WallTime{4000 + 3'600'000};
    before.times.since_boot = BootTime{4000};
    const auto stepped = first<Gate::Commit>(session.on(frame(batch_frame(start(), before), 6000)));
    REQUIRE(stepped);
    const ClockOffset then = stepped->append.clock(0);
    CHECK(std::abs(then.offset_ms + 3'600'000) <= then.error_ms);
    CHECK(then.error_ms <= measured.error_ms + 1);

    Envelope other_boot = record(2);
    other_boot.times.boot = BootId{journal.value()};
    const auto restarted = first<Gate::Commit>(
        session.on(frame(batch_frame(after(start(), before), other_boot), 6000)));
    REQUIRE(restarted);
    CHECK(restarted->append.clock(0).offset_ms == measured.offset_ms);
    CHECK(restarted->append.clock(0).error_ms >= 900'000 - measured.error_ms);
}

TEST_CASE("gateway: pings when idle, and gives up on a device that is silent", "[session]") {
    Gate session = welcoming();
    CHECK(session.on(Tick{at(5000)}).empty());
    CHECK(sent(session.on(Tick{at(10'100)}), v1::Frame::kPing));
    const auto hangup = first<Hangup>(session.on(Tick{at(35'100)}));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::silent);
}

TEST_CASE("gateway: totals are answered when they are durable", "[session]") {
    Gate session = welcoming();
    v1::DayFigures figures;
    figures.set_journal_id(Bytes{journal.value().bytes()});
    figures.set_business_day("2026-03-02");
    v1::Frame totals;
    totals.set_stream(1);
    totals.mutable_totals()->set_figures(figures.SerializeAsString());
    const auto store = first<Gate::StoreTotals>(session.on(frame(totals)));
    REQUIRE(store);
    CHECK(store->figures == figures.SerializeAsString());
    const auto stored = sent(session.on(Gate::TotalsKept{{}, at(20)}), v1::Frame::kTotalsStored);
    REQUIRE(stored);
    CHECK(stored->totals_stored().business_day() == "2026-03-02");
}

TEST_CASE("gateway: notices, holds and dismissals reach the device", "[session]") {
    Gate session = welcoming();
    const auto notice = sent(session.on(Gate::Notify{"config", 4, at(20)}), v1::Frame::kNotice);
    REQUIRE(notice);
    CHECK(notice->notice().version() == 4);
    const auto hold = session.on(Gate::Overloaded{"busy", std::chrono::milliseconds{500}, at(21)});
    CHECK(sent(hold, v1::Frame::kHold)->hold().retry_after_ms() == 500);
    const auto bye = session.on(Gate::Dismiss{Reason::revoked, "revoked", {}, at(22)});
    CHECK(sent(bye, v1::Frame::kBye)->bye().reason() == v1::Bye::REASON_REVOKED);
    CHECK(first<Hangup>(bye)->reason == Reason::revoked);
}

TEST_CASE("gateway: a feed is read page by page, and what cannot be read is not answered",
          "[session]") {
    v1::Frame asked;
    asked.mutable_feed_request()->set_feed("master");
    Gate early = accepted();
    CHECK(first<Hangup>(early.on(frame(asked)))->reason == Reason::violation);
    Gate session = welcoming();
    const auto read = first<Gate::ReadFeed>(session.on(frame(asked)));
    REQUIRE(read);
    CHECK(read->request.feed() == "master");
    for (int i = 0; i < 3; ++i) CHECK(first<Gate::ReadFeed>(session.on(frame(asked))));
    CHECK(session.on(frame(asked)).empty());  // Not more than four at a time.
    for (int i = 0; i < 4; ++i)
        CHECK(session.on(Gate::FeedRead{Error{Errc::busy, "later"}, at(20)}).empty());
    REQUIRE(first<Gate::ReadFeed>(session.on(frame(asked))));
    v1::FeedPage page;
    page.set_version(7);
    const auto answer = sent(session.on(Gate::FeedRead{page, at(21)}), v1::Frame::kFeedPage);
    REQUIRE(answer);
    CHECK(answer->feed_page().version() == 7);
    CHECK(answer->stream() == 0);
}

TEST_CASE("gateway: who a customer is is asked and answered beside all else", "[session]") {
    v1::Frame asked;
    asked.mutable_customer_question()->set_id(4);
    asked.mutable_customer_question()->mutable_identifier()->set_value("CLUB1");
    Gate early = accepted();
    CHECK(first<Hangup>(early.on(frame(asked)))->reason == Reason::violation);
    Gate session = welcoming();
    const auto action = first<Gate::AskCustomer>(session.on(frame(asked)));
    REQUIRE(action);
    CHECK(action->question.identifier().value() == "CLUB1");
    for (int i = 0; i < 3; ++i) CHECK(first<Gate::AskCustomer>(session.on(frame(asked))));
    CHECK(session.on(frame(asked)).empty());  // A device that floods is not listened to.
    v1::CustomerAnswer answer;
    answer.set_id(4);
    const auto told =
        sent(session.on(Gate::CustomerAnswered{answer, at(21)}), v1::Frame::kCustomerAnswer);
    REQUIRE(told);
    CHECK(told->customer_answer().id() == 4);
    CHECK(first<Gate::AskCustomer>(session.on(frame(asked))));
}

TEST_CASE("gateway: what a newer device says in unknown kinds and fields is skipped", "[session]") {
    Gate session = welcoming();
    const Bytes unknown_kind = "\x08\x01\xc2\x3e\x02hi";  // stream 1, field 1000: "hi".
    CHECK(session.on(Received{unknown_kind, at(15)}).empty());
    Bytes extended = batch_frame(start(), record(1)).SerializeAsString() + "\xc2\x3e\x02hi";
    CHECK(first<Gate::Commit>(session.on(Received{extended, at(16)})));
}

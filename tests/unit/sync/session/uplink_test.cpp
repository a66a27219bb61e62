#include "agent/core/limits.hpp"
#include "tests/unit/sync/session/ends.hpp"

using namespace till;
using namespace till::sync;
using namespace till::sync::test;
using Up = UplinkSession;

TEST_CASE("uplink: the hello says who, which journal and how far", "[session]") {
    const Mark head = after(start(), record(1));
    Up session{uplink_options(head)};
    const auto hello = sent(session.on(Up::Connected{at(5)}), v1::Frame::kHello);
    REQUIRE(hello);
    CHECK(hello->hello().device_id() == device.value().bytes());
    CHECK(hello->hello().journal_id() == journal.value().bytes());
    CHECK(hello->hello().head() == 1);
    CHECK(hello->hello().head_hash() == view(head.hash));
    CHECK(hello->hello().clock().wall_ms() == 5);
}

TEST_CASE("uplink: a welcome starts one read, a read one batch, an ack the cursor", "[session]") {
    const Mark head = after(start(), record(1));
    Up session{uplink_options(head)};
    static_cast<void>(session.on(Up::Connected{at(1)}));
    const auto read = first<Up::ReadRecords>(session.on(frame(welcome_frame())));
    REQUIRE(read);
    CHECK(read->from == Seq{0});
    const auto batch = sent(session.on(Up::RecordsRead{{{record(1)}}, at(20)}), v1::Frame::kBatch);
    REQUIRE(batch);
    CHECK(batch->batch().first_seq() == 1);
    CHECK(batch->batch().head_hash() == view(head.hash).substr(0, 16));
    v1::Frame ack;
    ack.set_stream(1);
    ack.mutable_ack()->set_mark(1);
    const auto acknowledged = first<Up::Acknowledge>(session.on(frame(ack)));
    REQUIRE(acknowledged);
    CHECK(acknowledged->seq == Seq{1});
    CHECK(acknowledged->store_epoch == epoch);
}

TEST_CASE("uplink: a record captured while nothing waits is read at once", "[session]") {
    Up session = welcomed(start());
    const Mark head = after(start(), record(1));
    CHECK(first<Up::ReadRecords>(session.on(Up::Grown{head, at(30)})));
    // One read at a time: what comes meanwhile goes with the next.
    CHECK_FALSE(first<Up::ReadRecords>(session.on(Up::Grown{after(head, record(2)), at(31)})));
}

TEST_CASE("uplink: resumes after the mark once its hash is found in the journal", "[session]") {
    const Mark one = after(start(), record(1));
    Up session{uplink_options(after(one, record(2)))};
    static_cast<void>(session.on(Up::Connected{at(1)}));
    const auto asked = first<Up::ReadHash>(session.on(frame(welcome_frame(one))));
    REQUIRE(asked);
    CHECK(asked->at == Seq{1});
    const auto read = first<Up::ReadRecords>(session.on(Up::HashRead{one.hash, at(11)}));
    REQUIRE(read);
    CHECK(read->from == Seq{1});
}

TEST_CASE("uplink: a mark beyond the own head, or another hash there, is a fork", "[session]") {
    const Mark one = after(start(), record(1));
    Up behind{uplink_options(start())};
    static_cast<void>(behind.on(Up::Connected{at(1)}));
    const auto actions = behind.on(frame(welcome_frame(one)));
    CHECK(first<Up::Forked>(actions));
    CHECK(first<Up::Retired>(actions));  // An empty journal has nothing to hand over.

    Up differs{uplink_options(after(start(), record(1, "other")))};
    static_cast<void>(differs.on(Up::Connected{at(1)}));
    CHECK(first<Up::Forked>(differs.on(frame(welcome_frame(one)))));
    const auto batch =
        sent(differs.on(Up::RecordsRead{{{record(1, "other")}}, at(20)}), v1::Frame::kBatch);
    REQUIRE(batch);
    CHECK(batch->batch().branch_base() == view(genesis(journal)));
}

TEST_CASE("uplink: a mark may go back only with a new store epoch", "[session]") {
    const Mark one = after(start(), record(1));
    auto options = uplink_options(one);
    options.acknowledged = Seq{1};
    options.store_epoch = epoch;
    Up same{options};
    static_cast<void>(same.on(Up::Connected{at(1)}));
    const auto refused = first<Hangup>(same.on(frame(welcome_frame())));
    REQUIRE(refused);
    CHECK(refused->reason == Reason::restored);

    options.store_epoch = "another epoch";
    Up restored{options};
    static_cast<void>(restored.on(Up::Connected{at(1)}));
    const auto back = first<Up::Acknowledge>(restored.on(frame(welcome_frame())));
    REQUIRE(back);
    CHECK(back->seq == Seq{0});
    CHECK(back->store_epoch == epoch);
}

TEST_CASE("uplink: a centre that lost what the journal let go of is handed a branch of the rest",
          "[session]") {
    const Mark one = after(start(), record(1));
    const Mark two = after(one, record(2));
    auto options = uplink_options(after(two, record(3)));
    options.acknowledged = Seq{3};
    options.store_epoch = epoch;
    options.kept_from = Seq{2};
    Up session{options};
    const auto hello = sent(session.on(Up::Connected{at(1)}), v1::Frame::kHello);
    REQUIRE(hello);
    CHECK(hello->hello().kept_from() == 2);
    auto welcome = welcome_frame(one);
    welcome.mutable_welcome()->set_store_epoch("another epoch...");
    const auto actions = session.on(frame(welcome));
    CHECK(first<Up::Forked>(actions));
    const auto asked = first<Up::ReadHash>(actions);
    REQUIRE(asked);
    CHECK(asked->at == Seq{2});
    const auto read = first<Up::ReadRecords>(session.on(Up::HashRead{two.hash, at(11)}));
    REQUIRE(read);
    CHECK(read->from == Seq{2});
    const auto batch = sent(session.on(Up::RecordsRead{{{record(3)}}, at(20)}), v1::Frame::kBatch);
    REQUIRE(batch);
    CHECK(batch->batch().branch_base() == view(two.hash));
}

TEST_CASE("uplink: never more than the credit is under way", "[session]") {
    const Envelope big = record(1, Bytes(600'000, 'x'));
    const Mark one = after(start(), big);
    Envelope second = big;
    second.seq = Seq{2};
    Up session = welcomed(after(one, second));
    const auto actions = session.on(Up::RecordsRead{{{big}}, at(20)});
    REQUIRE(sent(actions, v1::Frame::kBatch));
    REQUIRE(first<Up::ReadRecords>(actions));  // 400 000 of the credit are left to try.
    CHECK_FALSE(sent(session.on(Up::RecordsRead{{{second}}, at(21)}), v1::Frame::kBatch));
    v1::Frame credit;
    credit.set_stream(1);
    credit.mutable_credit()->set_credit_bytes(2'000'000);
    REQUIRE(first<Up::ReadRecords>(session.on(frame(credit))));
    CHECK(sent(session.on(Up::RecordsRead{{{second}}, at(22)}), v1::Frame::kBatch));
}

TEST_CASE("uplink: a hold is kept, then sending goes on", "[session]") {
    Up session = welcomed(start());
    v1::Frame hold;
    hold.set_stream(1);
    hold.mutable_hold()->set_retry_after_ms(2000);
    CHECK(session.on(frame(hold, 100)).empty());
    CHECK(session.on(Up::Grown{after(start(), record(1)), at(200)}).empty());
    CHECK(session.on(Tick{at(2000)}).empty());
    CHECK(first<Up::ReadRecords>(session.on(Tick{at(2200)})));
}

TEST_CASE("uplink: a resend sends again from the first record of a batch", "[session]") {
    const Mark one = after(start(), record(1));
    Up session = welcomed(after(one, record(2)));
    const auto next_read = session.on(Up::RecordsRead{{{record(1)}}, at(20)});
    REQUIRE(first<Up::ReadRecords>(next_read));
    v1::Frame again;
    again.set_stream(1);
    again.mutable_resend()->set_from(1);
    CHECK(session.on(frame(again)).empty());  // A read is under way; its answer is out of date.
    const auto read = first<Up::ReadRecords>(session.on(Up::RecordsRead{{{record(2)}}, at(21)}));
    REQUIRE(read);
    CHECK(read->from == Seq{0});
}

TEST_CASE("uplink: answers a ping and hangs up on a silent gateway", "[session]") {
    Up session = welcomed(start());
    v1::Frame ping;
    ping.mutable_ping()->set_id(7);
    const auto pong = sent(session.on(frame(ping, 500)), v1::Frame::kPong);
    REQUIRE(pong);
    CHECK(pong->pong().id() == 7);
    CHECK(pong->pong().clock().since_boot_ms() == 500);
    CHECK(session.on(Tick{at(35'000)}).empty());
    const auto hangup = first<Hangup>(session.on(Tick{at(35'501)}));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::silent);
    CHECK(session.on(Tick{at(90'000)}).empty());
}

TEST_CASE("uplink: totals and telemetry go out once the link is up", "[session]") {
    v1::DayTotals totals;
    totals.set_figures("figures");
    Up early{uplink_options(start())};
    CHECK(
        early.on(Up::Submit{Up::Submit::Kind::totals, totals.SerializeAsString(), at(1)}).empty());
    Up session = welcomed(start());
    const auto out =
        sent(session.on(Up::Submit{Up::Submit::Kind::totals, totals.SerializeAsString(), at(20)}),
             v1::Frame::kTotals);
    REQUIRE(out);
    CHECK(out->totals().figures() == "figures");
    v1::Frame stored;
    stored.set_stream(1);
    stored.mutable_totals_stored()->set_business_day("2026-03-02");
    const auto kept = first<Up::TotalsStored>(session.on(frame(stored)));
    REQUIRE(kept);
    CHECK(kept->business_day == "2026-03-02");
}

TEST_CASE("uplink: a feed is asked for and its pages are handed on, once the link is up",
          "[session]") {
    v1::FeedRequest request;
    request.set_feed("master");
    v1::Frame page;
    page.mutable_feed_page()->set_version(7);
    Up early{uplink_options(start())};
    const Up::Submit asks{Up::Submit::Kind::feed_request, request.SerializeAsString(), at(1)};
    CHECK(early.on(asks).empty());
    Up session = welcomed(start());
    const auto asked = sent(session.on(asks), v1::Frame::kFeedRequest);
    REQUIRE(asked);
    CHECK(asked->feed_request().feed() == "master");
    const auto came = first<Up::FeedCame>(session.on(frame(page)));
    REQUIRE(came);
    CHECK(came->page.version() == 7);
    CHECK(first<Hangup>(session.on(frame(*asked)))->reason == Reason::violation);
}

TEST_CASE("uplink: the centre is asked who a customer is, once the link is up", "[session]") {
    v1::CustomerQuestion question;
    question.set_id(9);
    const Up::Submit asks{Up::Submit::Kind::customer_question, question.SerializeAsString(), at(1)};
    Up early{uplink_options(start())};
    CHECK(early.on(asks).empty());
    Up session = welcomed(start());
    const auto asked = sent(session.on(asks), v1::Frame::kCustomerQuestion);
    REQUIRE(asked);
    CHECK(asked->customer_question().id() == 9);
    v1::Frame answer;
    answer.mutable_customer_answer()->set_id(9);
    CHECK(first<Up::CustomerAnswered>(session.on(frame(answer)))->answer.id() == 9);
    CHECK(first<Hangup>(session.on(frame(*asked)))->reason == Reason::violation);
}

TEST_CASE("uplink: totals offered between the welcome and the first batch are not lost",
          "[session]") {
    const Mark one = after(start(), record(1));
    Up session{uplink_options(after(one, record(2)))};
    static_cast<void>(session.on(Up::Connected{at(1)}));
    REQUIRE(first<Up::ReadHash>(session.on(frame(welcome_frame(one)))));
    v1::DayTotals totals;
    totals.set_figures("figures");
    CHECK(sent(session.on(Up::Submit{Up::Submit::Kind::totals, totals.SerializeAsString(), at(11)}),
               v1::Frame::kTotals));
}

TEST_CASE("uplink: a journal that cannot be read ends the session, not the program", "[session]") {
    Up session = welcomed(after(start(), record(1)));
    const auto hangup = first<Hangup>(session.on(Up::RecordsRead{Error{Errc::io, "disk"}, at(20)}));
    REQUIRE(hangup);
    CHECK(hangup->reason == Reason::unavailable);
}

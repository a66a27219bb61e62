#include "tests/support/sim_disk.hpp"
#include "tests/unit/agent/api/shop.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

#include <set>

using namespace till;

TEST_CASE("api: a sale is answered with its receipt when it is in the journal", "[api]") {
    Shop shop;
    const auto sale = shop.sale();
    REQUIRE(sale);
    CHECK(sale->seq() == 1);
    CHECK_THAT(sale->receipt_number(), Catch::StartsWith("12-3-1-"));
    CHECK(sale->total() == "2.50");
    CHECK(sale->change() == "2.50");
    CHECK(sale->business_day() == "2026-11-23");  // Midnight in London, before the cut-over.
    const v1::Event event = shop.last_event();
    CHECK(event.context().store() == "12");
    CHECK(event.context().business_day_source() == v1::BUSINESS_DAY_SOURCE_CUT_OVER);
    CHECK(event.origin().request_hash().size() == 16);
    CHECK(event.trace_id().empty());  // The caller sent none.
    CHECK(event.numbers().receipt_number() == sale->receipt_number());
}

TEST_CASE("api: the same key gives the first answer, another command under it a conflict",
          "[api]") {
    Shop shop;
    const auto first = shop.sale("k1");
    const auto again = shop.sale("k1");
    REQUIRE((first && again));
    CHECK(again->replayed());
    v1::Captured same = *again;
    same.clear_replayed();
    CHECK(same.SerializeAsString() == first->SerializeAsString());
    const auto other = shop.call<v1::RecordTransaction>(
        R"(lines { sku: "B" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" })",
        "k1");
    REQUIRE_FALSE(other);
    CHECK(other.error().code == Errc::conflict);
    const auto refused = shop.call<v1::RecordTransaction>(R"(lines { sku: "B" })", "k1");
    CHECK(refused.error().code == Errc::conflict);
}

TEST_CASE("api: the day's controls change what later captures are stamped with", "[api]") {
    Shop shop;
    REQUIRE(shop.control("DAY_OPEN", R"(business_day: "2026-11-22")"));
    REQUIRE(shop.control("SIGN_ON", R"(operator_id: "ann")"));
    REQUIRE(shop.control("SHIFT_OPEN"));
    REQUIRE(shop.sale());
    const v1::Context context = shop.last_event().context();
    CHECK(context.business_day() == "2026-11-22");
    CHECK(context.business_day_source() == v1::BUSINESS_DAY_SOURCE_EXPLICIT);
    CHECK(context.shift() == 1);
    CHECK(context.operator_id() == "ann");
    CHECK(shop.control("DAY_CLOSE").error().code == Errc::conflict);
    shop.restart();
    CHECK(shop.table->status({"x", Role::reader})->operator_id() == "ann");
    REQUIRE(shop.control("SHIFT_CLOSE"));
    REQUIRE(shop.control("DAY_CLOSE"));
    CHECK(shop.last_event().context().business_day() == "2026-11-22");
}

TEST_CASE("api: a repeated control gives its first answer, though it would be illegal now",
          "[api]") {
    Shop shop;
    REQUIRE(shop.control("DAY_OPEN", "", "open"));
    REQUIRE(shop.control("DAY_OPEN", "", "open"));
    CHECK(shop.control("DAY_OPEN", "", "open")->replayed());
    REQUIRE(shop.control("DAY_CLOSE", "", "close"));
    CHECK(shop.control("DAY_OPEN", "", "open")->replayed());
    CHECK(shop.table->status({"x", Role::reader})->business_day_source()
          == v1::BUSINESS_DAY_SOURCE_CUT_OVER);
    CHECK(shop.control("DAY_CLOSE", "", "open").error().code == Errc::conflict);
}

TEST_CASE("api: captures that wait together see the day that was opened before them", "[api]") {
    Shop shop;
    v1::RecordControl open;
    open.set_type(v1::ControlTransaction::TYPE_DAY_OPEN);
    open.set_business_day("2026-11-20");
    v1::RecordTransaction sale;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(
        R"(lines { sku: "A" unit_price: "1" } tenders { type: TENDER_TYPE_CASH amount: "1" })",
        &sale));
    std::vector<std::string> days;
    const auto note = [&](std::exception_ptr, Result<v1::Captured> captured) {
        days.push_back(captured ? captured->business_day() : captured.error().detail);
    };
    Request first{{"pos-1", Role::pos}, "k0", {}};
    asio::co_spawn(shop.loop, shop.table->execute(first, open), note);
    shop.loop.restart();
    shop.loop.run();
    for (int i = 1; i <= 64; ++i) {
        Request request{{"pos-1", Role::pos}, "k" + std::to_string(i), {}};
        asio::co_spawn(shop.loop, shop.table->execute(request, sale), note);
    }
    shop.loop.restart();
    shop.loop.run();
    CHECK(days == std::vector<std::string>(65, "2026-11-20"));
}

TEST_CASE("api: of two sign-ons that race only one is stored", "[api]") {
    Shop shop;
    v1::RecordControl on;
    on.set_type(v1::ControlTransaction::TYPE_SIGN_ON);
    on.set_operator_id("ann");
    int stored = 0, refused = 0;
    const auto note = [&](std::exception_ptr, Result<v1::Captured> captured) {
        ++(captured ? stored : refused);
    };
    for (const char* key : {"a", "b"}) {
        Request request{{"pos-1", Role::pos}, key, {}};
        asio::co_spawn(shop.loop, shop.table->execute(request, on), note);
    }
    shop.loop.run();
    CHECK(stored == 1);
    CHECK(refused == 1);
}

TEST_CASE("api: a post-void reverses a sale of the day, once", "[api]") {
    Shop shop;
    const auto sale = shop.sale();
    REQUIRE(shop.sale());
    const std::string named = R"(receipt_number: ")" + sale->receipt_number() + R"(")";
    const auto back = shop.call<v1::RecordPostVoid>(named, "v1");
    REQUIRE(back);
    CHECK(back->total() == "-2.50");
    CHECK(back->receipt_number() != sale->receipt_number());
    const v1::PostVoid fact = shop.last_event().post_void();
    CHECK(fact.seq() == sale->seq());
    CHECK(fact.reversal().lines(0).amount() == -250);
    CHECK(shop.call<v1::RecordPostVoid>(named, "v1")->replayed());
    const auto twice = shop.call<v1::RecordPostVoid>(named);
    REQUIRE_FALSE(twice);
    CHECK(twice.error().field == "receipt_number");
    CHECK_THAT(twice.error().detail, Catch::Contains(back->receipt_number()));
    const std::string itself = R"(receipt_number: ")" + back->receipt_number() + R"(")";
    CHECK(shop.call<v1::RecordPostVoid>(itself).error().field == "receipt_number");
}

TEST_CASE("api: a receipt that is unknown or of another day is not reversed", "[api]") {
    Shop shop;
    const auto sale = shop.sale();
    CHECK(shop.call<v1::RecordPostVoid>(R"(receipt_number: "12-3-1-999999")").error().field
          == "receipt_number");
    shop.clock.ms += 24 * 3600 * 1000;
    const auto late =
        shop.call<v1::RecordPostVoid>(R"(receipt_number: ")" + sale->receipt_number() + R"(")");
    REQUIRE_FALSE(late);
    CHECK(late.error().detail == "of business day 2026-11-23");
    CHECK(late.error().allowed == "a receipt of business day 2026-11-24");
}

TEST_CASE("api: a foreign sale keeps its number, day and register, and gets no receipt", "[api]") {
    Shop shop;
    const char* text = R"(source { system: "uci" number: "536365" business_day: "2011-11-01"
        workstation: "front" } lines { sku: "A" unit_price: "-1" } begin_time: "2011-11-01T08:26:00Z")";
    const auto sale = shop.call<v1::RecordTransaction>(text, "f1", Role::foreign_pos);
    REQUIRE(sale);
    CHECK(sale->receipt_number().empty());
    CHECK(sale->transaction_number() == 1);
    CHECK(sale->business_day() == "2011-11-01");
    const v1::Event event = shop.last_event();
    CHECK(event.context().workstation() == "front");
    CHECK(event.retail_transaction().source().doubts_size() == 1);
    CHECK(shop.call<v1::RecordTransaction>(text).error().code == Errc::forbidden);
    CHECK(shop.call<v1::RecordTransaction>("", "f2", Role::foreign_pos).error().field == "source");
    CHECK(shop.call<v1::RecordRowsSetAside>(R"(file_name: "x.csv" file_sha256: "short")", "",
                                            Role::foreign_pos)
              .error()
              .field
          == "file_sha256");
}

TEST_CASE("api: each role may call what its row names", "[api]") {
    Shop shop;
    const char* count = R"(session: "s" lines { sku: "A" quantity: "1" })";
    CHECK(shop.call<v1::RecordCount>(count, "", Role::stock));
    CHECK(shop.call<v1::RecordCount>(count, "", Role::reader).error().code == Errc::forbidden);
    CHECK(shop.call<v1::RecordTransaction>("", "", Role::stock).error().code == Errc::forbidden);
    CHECK(shop.call<v1::RecordRowsSetAside>("").error().code == Errc::forbidden);
    for (const CommandInfo& command : commands()) {
        CAPTURE(command.name);
        CHECK(command.roles != 0);
        CHECK_FALSE((command.is_capture() && command.allows(Role::reader)));
    }
}

TEST_CASE("api: a key is printable, bounded and no card number", "[api]") {
    Shop shop;
    for (const std::string& key :
         {std::string{"two words"}, std::string(129, 'k'), std::string{"4111111111111111"}}) {
        CAPTURE(key);
        const auto sale = shop.sale(key);
        REQUIRE_FALSE(sale);
        CHECK(sale.error().field == "idempotency_key");
        CHECK(sale.error().detail.find("4111") == std::string::npos);
    }
}

TEST_CASE("api: a till that asks again after a new journal was begun gets its first answer",
          "[api]") {
    Shop shop;
    REQUIRE(shop.control("DAY_OPEN", R"(business_day: "2026-11-22")", "open"));
    const auto first = shop.sale("k1");
    REQUIRE(first);
    shop.begin_next_journal();
    const auto again = shop.sale("k1");
    REQUIRE(again);
    CHECK(again->replayed());
    v1::Captured same = *again;
    same.clear_replayed();
    CHECK(same.SerializeAsString() == first->SerializeAsString());
    CHECK(shop.control("DAY_OPEN", R"(business_day: "2026-11-22")", "open")->replayed());
    CHECK(shop.call<v1::RecordTransaction>(R"(lines { sku: "B" })", "k1").error().code
          == Errc::conflict);
    CHECK(shop.events().events_size() == 0);
    CHECK(shop.sale("k2")->seq() == 1);
}

TEST_CASE(
    "api: a day whose opening got no answer is the next sale's day exactly when it was stored",
    "[api]") {
    const auto op = GENERATE(SimDisk::Op::write, SimDisk::Op::sync);
    const std::uint64_t nth = GENERATE(1u, 2u, 3u, 4u);
    CAPTURE(op, nth);
    SimDisk disk{"day"};
    Shop shop{disk.name()};
    REQUIRE(shop.sale());
    const auto today = shop.last_event().context().business_day();
    const auto open = [&] {
        return shop.control("DAY_OPEN", R"(business_day: "2026-11-20")", "open");
    };
    disk.arm({.ops = {op}, .nth = nth, .for_ever = true});
    const auto unanswered = open();
    if (!disk.disarm()) return;
    REQUIRE_FALSE(unanswered);
    CHECK(unanswered.error().code == Errc::outcome_unknown);
    const auto sold = shop.sale("next");
    REQUIRE(sold);
    const auto opened = open();
    REQUIRE(opened);
    CHECK(sold->business_day() == (opened->replayed() ? "2026-11-20" : today));
    CHECK(shop.sale()->business_day() == "2026-11-20");
}

TEST_CASE("api: a Call can say every command of the table, and nothing else", "[api]") {
    std::set<const google::protobuf::Descriptor*> said, offered;
    const auto* oneof = v1::Call::descriptor()->FindOneofByName("command");
    for (int i = 0; i < oneof->field_count(); ++i) {
        said.insert(oneof->field(i)->message_type());
        const auto* row = find_command(oneof->field(i)->message_type());
        REQUIRE(row);
        CHECK(row->name == oneof->field(i)->name());
    }
    for (const CommandInfo& row : commands()) {
        const auto* type = row.prototype->GetDescriptor();
        const bool is_a_stream = type == v1::FollowFeed::descriptor();
        if (!row.path.empty() && !is_a_stream) offered.insert(type);
    }
    CHECK(said == offered);
}

#include "agent/daemon/telemetry.hpp"

#include "agent/runtime/metrics.hpp"
#include "sync/wire/frames.pb.h"

namespace till {

namespace {

namespace v1 = tillstream::v1;

void add(v1::Telemetry& into, const char* name, bool good, const char* detail) {
    auto& condition = *into.add_conditions();
    condition.set_name(name);
    condition.set_state(good ? "ok" : "warning");
    if (!good) condition.set_detail(detail);
}

}  // namespace

asio::awaitable<Unsent> unsent(Journal& journal) {
    const Seq head = journal.head().seq;
    const Seq acknowledged = journal.acknowledged().seq;
    Unsent found;
    if (head <= acknowledged) co_return found;
    found.events = head.value() - acknowledged.value();
    const auto oldest = co_await journal.read(acknowledged, 1, 1);
    if (oldest && !oldest->empty()) found.oldest = oldest->front().times.wall;
    co_return found;
}

asio::awaitable<Bytes> telemetry(Journal& journal, const DeviceIdentity& identity, Clock& clock,
                                 Times started, const std::filesystem::path& home,
                                 std::uint64_t reserve_bytes, FeedVersions feeds) {
    v1::Telemetry message;
    const Times now = clock.now();
    message.mutable_clock()->set_wall_ms(now.wall.value());
    message.mutable_clock()->set_since_boot_ms(now.since_boot.value());
    message.mutable_clock()->set_boot_id(Bytes{now.boot.value().bytes()});

    message.set_head(journal.head().seq.value());
    const Unsent waiting = co_await unsent(journal);
    message.set_backlog(waiting.events);
    if (waiting.oldest) message.set_oldest_waiting_ms(waiting.oldest->value());
    std::error_code failed;
    const auto space = std::filesystem::space(home, failed);
    if (!failed) message.set_disk_free_bytes(space.available);
    message.set_memory_bytes(resident_bytes());
    message.set_uptime_ms(now.since_boot.value() - started.since_boot.value());
    message.set_agent_version(TILL_AGENT_VERSION);
    message.set_master_data_version(feeds.master_data);
    message.set_customers_version(feeds.customers);
    message.set_erasures_version(feeds.erasures);
    add(message, "disk", failed || space.available > reserve_bytes, "only the reserve is left");
    add(message, "clock", identity.now().trusted, "outside what the centre's time allows");
    co_return message.SerializeAsString();
}

}  // namespace till

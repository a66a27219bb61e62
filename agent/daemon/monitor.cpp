#include "agent/daemon/monitor.hpp"

#include "agent/daemon/telemetry.hpp"
#include "agent/runtime/deadline.hpp"
#include "agent/runtime/metrics.hpp"

#include <algorithm>

namespace till {

namespace {

using namespace std::chrono_literals;

HttpResponse plain(unsigned status, std::string text) {
    return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000; }

}  // namespace

bool Monitor::is_for(const HttpRequest& request) {
    const auto path = request.path();
    return path == "/metrics" || path == "/healthz" || path == "/readyz";
}

asio::awaitable<HttpResponse> Monitor::metrics() {
    MetricsText out;
    out.process(TILL_AGENT_VERSION);
    const Journal& journal = parts_.journal;
    const Unsent waiting = co_await unsent(parts_.journal);
    const WallTime now = parts_.clock.now().wall;
    const auto age = waiting.oldest ? now.value() - waiting.oldest->value() : 0;
    out.counter("tillstream_journal_events_total", "Events captured into the current journal.",
                static_cast<double>(journal.head().seq.value()));
    out.gauge("tillstream_journal_unsent_events", "Events the centre has not acknowledged.",
              static_cast<double>(waiting.events));
    out.gauge("tillstream_journal_oldest_unsent_age_seconds", "Age of the oldest of them.",
              std::max(0.0, seconds(age)));
    out.gauge("tillstream_captures_waiting", "Captures not yet on stable storage.",
              static_cast<double>(journal.waiting()));
    parts_.table.write_metrics(out);
    parts_.peripherals(out);

    const v1::SyncState link = parts_.sync_state();
    out.gauge("tillstream_uplink_up", "1 while the centre has welcomed this device.", link.up());
    out.gauge("tillstream_clock_trusted", "1 while wall time is inside what verified time allows.",
              link.clock_trusted());
    out.gauge("tillstream_clock_offset_seconds",
              "This clock less the centre's, at the last welcome.",
              seconds(link.clock_offset_ms()));
    std::error_code failed;
    const auto space = std::filesystem::space(parts_.home, failed);
    if (!failed)
        out.gauge("tillstream_disk_free_bytes", "Room on the disk that captures go to.",
                  static_cast<double>(space.available));
    co_return HttpResponse{.content_type = std::string{metrics_type}, .body = out.text()};
}

asio::awaitable<HttpResponse> Monitor::ready() {
    std::error_code failed;
    const auto space = std::filesystem::space(parts_.home, failed);
    if (!failed && space.available < parts_.reserve_bytes)
        co_return plain(503, "only the disk's reserve is left\n");
    const auto stored = co_await with_deadline(5s, parts_.journal.read_state());
    if (!stored) co_return plain(503, "the journal: " + stored.error().detail + "\n");
    co_return plain(200, "ready\n");
}

asio::awaitable<HttpResponse> Monitor::handle(HttpRequest request) {
    if (request.method != "GET") co_return plain(405, "GET only\n");
    if (request.path() == "/metrics") co_return co_await metrics();
    if (request.path() == "/readyz") co_return co_await ready();
    co_return plain(200, "alive\n");
}

}  // namespace till

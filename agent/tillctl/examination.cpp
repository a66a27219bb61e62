#include "agent/tillctl/examination.hpp"

#include "agent/core/calendar.hpp"
#include "agent/daemon/enrolment_file.hpp"
#include "agent/daemon/settings.hpp"
#include "agent/journal/journal_reader.hpp"
#include "agent/runtime/system_clock.hpp"
#include "agent/tillctl/answers.hpp"
#include "sync/tls/certificate.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace till {

namespace {

namespace fs = std::filesystem;
using enum Finding::Verdict;

std::string read_text(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string days_or_hours(std::int64_t ms) {
    const auto hours = ms / 3'600'000;
    return hours >= 48 ? std::to_string(hours / 24) + " days" : std::to_string(hours) + " hours";
}

class Doctor {
public:
    Doctor(const fs::path& home, const fs::path& settings)
        : home_{home}, settings_file_{settings} {}

    Examination examine() {
        if (!look_at_home()) return std::move(out_);
        look_at_settings();
        look_at_certificate();
        look_at_disk();
        look_at_journal();
        look_at_damage();
        look_at_agent();
        look_at_link();
        look_at_clock();
        return std::move(out_);
    }

private:
    void add(std::string name, Finding::Verdict verdict, std::string says,
             std::string remedy = {}) {
        out_.findings.push_back({std::move(name), verdict, std::move(says), std::move(remedy)});
    }

    bool look_at_home() {
        std::error_code failed;
        if (!fs::is_directory(home_, failed)) {
            add("home", sick, home_.string() + " is no folder", "name the agent's home");
            return false;
        }
        struct stat facts{};
        if (::stat(home_.c_str(), &facts) == 0 && (facts.st_mode & 077) != 0)
            add("home", watch, "others on this machine may look into " + home_.string(),
                "chmod 700 " + home_.string());
        const auto read = parse_enrolment(read_text(home_ / "enrolment.toml"), "enrolment.toml");
        if (!read) {
            add("enrolment", sick, "this device is not enrolled: " + read.error().detail,
                "at the centre: tillctl enrol new; here: till-agent enrol CODE --home "
                    + home_.string());
            return false;
        }
        enrolment_ = *read;
        add("enrolment", well,
            fmt::format("store {}, lane {}, centre {}:{}", enrolment_->store,
                        enrolment_->workstation, enrolment_->gateway.host,
                        enrolment_->gateway.port));
        return true;
    }

    void look_at_settings() {
        const auto settings = load_settings(settings_file_);
        if (settings) {
            reserve_ = settings->journal_reserve_bytes;
            uplink_wanted_ = settings->uplink_enabled;
            return add("settings", well, settings_file_.string());
        }
        add("settings", sick, settings.error().detail,
            "mend them, then: till-agent --check-config " + settings_file_.string());
    }

    void look_at_certificate() {
        const std::string pem = read_text(home_ / "credentials.pem");
        const auto at = pem.find("-----BEGIN CERTIFICATE-----");
        const auto facts = sync::certificate_facts(
            at == std::string::npos ? std::string_view{} : std::string_view{pem}.substr(at));
        if (!facts)
            return add("certificate", sick, "credentials.pem: " + facts.error().detail,
                       "enrol this device anew for its lane");
        const auto left = facts->not_after.value() - clock_.now().wall.value();
        if (left < 0)
            return add("certificate", sick, "it ran out " + days_or_hours(-left) + " ago",
                       "it renews by itself when the centre can be reached; else enrol anew");
        const bool soon = left < 7 * 86'400'000LL;
        add("certificate", soon ? watch : well, "good for " + days_or_hours(left),
            soon ? "it should have renewed by itself: is the centre reached?" : "");
    }

    void look_at_disk() {
        std::error_code failed;
        const auto space = fs::space(home_, failed);
        if (failed) return add("disk", sick, failed.message(), "is it mounted?");
        const auto free = std::to_string(space.available >> 20) + " MiB free";
        if (space.available < reserve_)
            return add("disk", sick, free + ": only the reserve is left, sales are refused",
                       "make room; closing the day still works");
        const bool little = space.available < 4 * reserve_;
        add("disk", little ? watch : well, free, little ? "make room before sales stop" : "");
    }

    void look_at_journal() {
        auto reader = JournalReader::open(home_ / "journal.db");
        if (!reader && reader.error().code == Errc::not_found)
            return add("journal", watch, "there is none yet", "start the agent once");
        if (!reader)
            return add("journal", sick, reader.error().detail,
                       "start the agent: it sets a damaged journal aside and sells on");
        const auto head = reader->head();
        if (!head)
            return add("journal", sick, head.error().detail,
                       "start the agent: it sets a damaged journal aside and sells on");
        add("journal", well, "it ends with event " + std::to_string(head->seq.value()), {});
    }

    void look_at_damage() {
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator{home_, failed}) {
            const auto name = entry.path().filename().string();
            if (name.starts_with("damaged-") && name.ends_with(".db"))
                add("damage", watch,
                    name + " was set aside; what could be read of it is sent to the centre",
                    "tillctl status at the centre says what is missing; is this disk worn?");
        }
    }

    void look_at_agent() {
        auto client = open_agent(home_, "administrator");
        auto answer = client ? (*client)->call("GET", "/v1/status") : Result<Reply>{client.error()};
        if (!answer || !answer->ok())
            return add("agent", sick,
                       "it does not answer"
                           + (answer ? fmt::format(" ({})", answer->status)
                                     : ": " + answer.error().detail),
                       "start it: till-agent run --home " + home_.string() + ", and read its log");
        out_.status = answer->body;
        const auto ready = (*client)->call("GET", "/readyz");
        if (!ready || !ready->ok())
            return add("agent", sick, "it runs, and would not store a capture now",
                       "its log says why; look at disk and journal above");
        add("agent", well, "it runs and stores captures");
        const auto number = [&](const char* key) {
            return std::strtoull(text(*out_.status, key).c_str(), nullptr, 10);
        };
        const auto head = number("head_seq"), sent = number("acknowledged_seq");
        const auto unsent = head > sent ? head - sent : 0;
        add("unsent", unsent > 1000 ? watch : well, std::to_string(unsent) + " events",
            unsent > 1000 ? "they are safe here; see the link below" : "");
    }

    void look_at_link() {
        if (!uplink_wanted_)
            return add("link", watch, "the settings say not to connect", "uplink.enabled = true");
        const auto link = out_.status ? member(*out_.status, "sync") : boost::json::value{};
        if (text(link, "up") == "true") return add("link", well, "the centre is reached");
        const auto tcp = try_centre();
        const auto said = text(link, "last_error");
        const std::string why = said.empty() ? tcp : said + " (" + tcp + ")";
        add("link", sick, "the centre is not reached: " + why,
            "sales go on and wait here; look at the network, then at the centre's own status");
    }

    /// How far a plain connection comes, in words.
    std::string try_centre() {
        using Tcp = boost::asio::ip::tcp;
        boost::asio::io_context loop;
        Tcp::resolver resolver{loop};
        Tcp::socket socket{loop};
        std::string how = "its name is not resolved in time";
        const auto on_connected = [&](boost::system::error_code failed, const Tcp::endpoint&) {
            how = failed ? failed.message() : "a connection is accepted there";
        };
        const auto on_resolved = [&](boost::system::error_code failed,
                                     const Tcp::resolver::results_type& found) {
            how = failed ? "its name: " + failed.message() : "no answer from its address";
            if (!failed) boost::asio::async_connect(socket, found, on_connected);
        };
        resolver.async_resolve(enrolment_->gateway.host, std::to_string(enrolment_->gateway.port),
                               on_resolved);
        loop.run_for(std::chrono::seconds{4});
        return how;
    }

    void look_at_clock() {
        if (!out_.status) return;
        const auto link = member(*out_.status, "sync");
        const auto offset = std::strtoll(text(link, "clock_offset_ms").c_str(), nullptr, 10);
        if (text(link, "clock_trusted") != "true")
            return add("clock", sick, "it is outside what the centre's time allows",
                       "set it; sales keep their right order and are corrected at the centre");
        const bool off = std::abs(offset) > 120'000;
        add("clock", off ? watch : well,
            off ? fmt::format("it is {} s off the centre's", offset / 1000) : "as the centre's",
            off ? "set it, or give this machine NTP" : "");
    }

    fs::path home_, settings_file_;
    SystemClock clock_;
    Examination out_;
    std::optional<sync::Enrolment> enrolment_;
    std::uint64_t reserve_ = 0;
    bool uplink_wanted_ = true;
};

}  // namespace

bool Examination::is_well() const {
    return std::ranges::none_of(
        findings, [](const Finding& one) { return one.verdict == Finding::Verdict::sick; });
}

Examination examine_device(const fs::path& home, const fs::path& settings) {
    return Doctor{home, settings}.examine();
}

boost::json::object support_bundle(const fs::path& home, const fs::path& settings,
                                   const Examination& examined) {
    boost::json::array findings, files;
    for (const auto& one : examined.findings)
        findings.push_back({{"name", one.name},
                            {"verdict", one.verdict == well    ? "well"
                                        : one.verdict == watch ? "watch"
                                                               : "sick"},
                            {"says", one.says},
                            {"remedy", one.remedy}});
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{home, failed}) {
        std::error_code no_file;
        const auto bytes = entry.is_regular_file() ? entry.file_size(no_file) : 0;
        files.push_back({{"name", entry.path().filename().string()}, {"bytes", bytes}});
    }
    boost::json::object bundle{{"findings", std::move(findings)},
                               {"files", std::move(files)},
                               {"settings", read_text(settings)}};
    if (examined.status) bundle["status"] = *examined.status;
    return bundle;
}

}  // namespace till

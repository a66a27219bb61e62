#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/commands.hpp"
#include "agent/tillctl/simulated_scanner.hpp"

#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace till {

namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

/// A pseudo-terminal, whose other end is there for a till as long as this lives.
class SerialLineEnd {
public:
    static Result<std::unique_ptr<SerialLineEnd>> open(const fs::path& link) {
        auto made = std::make_unique<SerialLineEnd>();
        made->ours_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        std::array<char, 128> name{};
        if (made->ours_ < 0 || grantpt(made->ours_) != 0 || unlockpt(made->ours_) != 0
            || ptsname_r(made->ours_, name.data(), name.size()) != 0)
            return Error{Errc::io, "no pseudo-terminal can be had here"};
        // Held open, so that a till may come and go; raw, so that nothing is echoed.
        made->theirs_ = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
        termios raw{};
        if (made->theirs_ < 0 || tcgetattr(made->theirs_, &raw) != 0)
            return Error{Errc::io, "no pseudo-terminal can be had here"};
        fcntl(made->ours_, F_SETFL,
              O_NONBLOCK);  // A till that does not read is told of, not waited for.
        cfmakeraw(&raw);
        tcsetattr(made->theirs_, TCSANOW, &raw);
        std::error_code failed;
        if (fs::is_symlink(link)) fs::remove(link, failed);  // Left by one that was killed.
        fs::create_symlink(name.data(), link, failed);
        if (failed) return Error{Errc::conflict, link.string() + ": " + failed.message(), "--link"};
        made->link_ = link;
        return made;
    }
    SerialLineEnd() = default;
    SerialLineEnd(const SerialLineEnd&) = delete;
    ~SerialLineEnd() {
        std::error_code ignored;
        if (!link_.empty()) fs::remove(link_, ignored);
        if (ours_ >= 0) close(ours_);
        if (theirs_ >= 0) close(theirs_);
    }

    int handle() const { return ours_; }

private:
    int ours_ = -1, theirs_ = -1;
    fs::path link_;
};

/// Says it to both sides. False when the line does not take it.
bool say(const SerialLineEnd& line, const SimulatedScanner::Outcome& outcome) {
    const auto written = write(line.handle(), outcome.sent.data(), outcome.sent.size());
    for (const auto& each : outcome.words) std::cout << each << std::endl;
    return written == static_cast<ssize_t>(outcome.sent.size());
}

/// Until standard input ends or somebody interrupts. `typed` keeps what is no whole line yet.
Exit serve(const SerialLineEnd& line) {
    SimulatedScanner scanner;
    std::string typed;
    std::array<char, 4096> room{};
    std::array<pollfd, 2> ready{pollfd{.fd = line.handle(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}};
    while (!interrupted) {
        if (poll(ready.data(), ready.size(), -1) < 0) continue;  // Interrupted.
        if ((ready[0].revents & POLLIN) != 0) {
            const auto got = read(line.handle(), room.data(), room.size());
            if (got > 0) say(line, scanner.take({room.data(), static_cast<std::size_t>(got)}));
        }
        if (ready[1].revents == 0) continue;
        const auto got = read(STDIN_FILENO, room.data(), room.size());
        if (got <= 0) return Exit::ok;
        typed.append(room.data(), static_cast<std::size_t>(got));
        for (auto end = typed.find('\n'); end != std::string::npos; end = typed.find('\n')) {
            if (!say(line, scanner.scan(std::string_view{typed}.substr(0, end))))
                std::cerr << "nobody reads this line: the scan is lost\n";
            typed.erase(0, end + 1);
        }
    }
    return Exit::ok;
}

Exit simulate_scanner(const std::string& link) {
    const auto line = SerialLineEnd::open(fs::absolute(link));
    if (!line) return report(line.error());
    struct sigaction stop{};
    stop.sa_handler = [](int) { interrupted = 1; };
    sigaction(SIGINT, &stop, nullptr);
    sigaction(SIGTERM, &stop, nullptr);
    std::cerr << "A scanner is plugged in at " << fs::absolute(link).string()
              << ". In the agent's settings:\n\n  [[serial_scanner]]\n  port = \""
              << fs::absolute(link).string() << "\"\n  dialect = \"honeywell_menu\"\n\n"
              << "Type a bar code and Enter: 4006381333931, (01)04006381333931(10)AB, or any text. "
                 "Ctrl+D pulls it.\n";
    return serve(**line);
}

}  // namespace

void add_simulate_device_commands(CLI::App& app, Exit& outcome) {
    auto* simulate = app.add_subcommand(
        "simulate-device", "A device for those who have none, to try a till on a desk");
    simulate->require_subcommand(1);
    const auto link = std::make_shared<std::string>("till-scanner");
    auto* scanner = simulate->add_subcommand(
        "scanner", "A serial scanner that scans what is typed, a line each, and obeys a till");
    scanner->add_option("--link", *link, "The serial line's name")->capture_default_str();
    scanner->callback([&outcome, link] { outcome = simulate_scanner(*link); });
}

}  // namespace till

#include "tests/usb/simulated_counter.hpp"
#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/umock_port.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

// Runs a program with a simulated scanner, scale, receipt printer and line display plugged in, and does with them
// what lines in a FIFO say: "scan AIM DATA", "weigh STATUS GRAMS", "pull", "plug", "drawer key|shut|lock|unlock",
// "printer pull|plug|offline|online", "display pull|plug". What they were told stands in FIFO.seen: "pulses N",
// "row0 …" in the display's charset. Run with libumockdev-preload.so.0 preloaded: usb_host FIFO PROGRAM
// [ARGUMENT …]. Ends with the program's exit code, and hands SIGTERM on to it.
namespace till::usbsim {

namespace {

volatile pid_t child = 0;

struct Counter {
    explicit Counter(UMockdevTestbed* testbed)
        : first{testbed, "1-1"},
          second{testbed, "1-2"},
          third{testbed, "1-3"},
          fourth{testbed, "1-4"} {
        first.plug(scanner, true);
        second.plug(scale, true);
        third.plug(printer, true);
        fourth.plug(display, true);
    }
    void obey(const std::string& line);
    std::string seen() const {
        return "pulses " + std::to_string(printer.pulses()) + "\nrow0 " + display.row(0) + "\nrow1 "
               + display.row(1) + "\nnonsense " + std::to_string(display.nonsense())
               + "\nbrightness " + std::to_string(display.brightness()) + "\n";
    }

    Scanner scanner;
    Scale scale;
    Printer printer;
    Display display;
    UmockPort first, second, third, fourth;
};

void Counter::obey(const std::string& line) {
    std::istringstream words{line};
    std::string what, aim, data;
    words >> what;
    if (what == "scan" && words >> aim >> data) scanner.scan(aim, data);
    if (unsigned status = 0, grams = 0; what == "weigh" && words >> status >> grams)
        scale.show(static_cast<std::uint8_t>(status), static_cast<std::uint16_t>(grams));
    if (what == "pull") first.unplug();
    if (what == "plug") first.plug(scanner, true);
    if (line == "drawer key") printer.open_by_key();
    if (line == "drawer shut") printer.shut();
    if (what == "drawer" && line.ends_with("lock")) printer.lock_drawer(line == "drawer lock");
    if (line == "printer pull") third.unplug();
    if (line == "printer plug") third.plug(printer, true);
    if (line == "display pull") fourth.unplug(), display.forget();
    if (line == "display plug") fourth.plug(display, true);
    if (what == "printer" && line.ends_with("line")) printer.be_offline(line == "printer offline");
}

/// At once or not at all, for whoever reads it meanwhile.
void write_seen(const std::string& file, const std::string& text) {
    std::ofstream{file + ".new"} << text;
    std::filesystem::rename(file + ".new", file);
}

int run(const char* fifo, char** command) {
    UMockdevTestbed* const testbed = umockdev_testbed_new();
    Counter counter{testbed};
    const int lines = open(fifo, O_RDWR | O_CLOEXEC);  // Never at its end, whoever comes and goes.
    pid_t started = 0;
    if (lines < 0 || posix_spawnp(&started, command[0], nullptr, nullptr, command, environ) != 0) {
        std::cerr << "usb_host: cannot open " << fifo << " or start " << command[0] << '\n';
        return 2;
    }
    child = started;
    std::signal(SIGTERM, [](int) { kill(child, SIGTERM); });
    std::string rest, seen;
    for (int status = 0;;) {
        if (waitpid(started, &status, WNOHANG) == started)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (seen != counter.seen()) write_seen(std::string{fifo} + ".seen", seen = counter.seen());
        pollfd ready{.fd = lines, .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, 50) <= 0) continue;
        char bytes[4096];
        const auto got = read(lines, bytes, sizeof bytes);
        if (got > 0) rest.append(bytes, static_cast<std::size_t>(got));
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            counter.obey(rest.substr(0, end));
            rest.erase(0, end + 1);
        }
    }
}

}  // namespace
}  // namespace till::usbsim

int main(int count, char** arguments) {
    if (count < 3) {
        std::cerr << "usb_host FIFO PROGRAM [ARGUMENT …]\n";
        return 2;
    }
    return till::usbsim::run(arguments[1], arguments + 2);
}

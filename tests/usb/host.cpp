#include "tests/usb/simulated_kinds.hpp"
#include "tests/usb/umock_port.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>
#include <csignal>
#include <iostream>
#include <sstream>

// Runs a program with a simulated scanner and scale plugged in, and does with them what lines in a FIFO say:
// "scan AIM DATA", "weigh STATUS GRAMS", "pull", "plug". Run with libumockdev-preload.so.0 preloaded:
// usb_host FIFO PROGRAM [ARGUMENT …]. Ends with the program's exit code, and hands SIGTERM on to it.
namespace till::usbsim {

namespace {

volatile pid_t child = 0;

void obey(const std::string& line, Scanner& scanner, Scale& scale, UmockPort& port) {
    std::istringstream words{line};
    std::string what, aim, data;
    words >> what;
    if (what == "scan" && words >> aim >> data) scanner.scan(aim, data);
    if (unsigned status = 0, grams = 0; what == "weigh" && words >> status >> grams)
        scale.show(static_cast<std::uint8_t>(status), static_cast<std::uint16_t>(grams));
    if (what == "pull") port.unplug();
    if (what == "plug") port.plug(scanner, true);
}

int run(const char* fifo, char** command) {
    UMockdevTestbed* const testbed = umockdev_testbed_new();
    Scanner scanner;
    Scale scale;
    UmockPort first{testbed, "1-1"}, second{testbed, "1-2"};
    first.plug(scanner, true);
    second.plug(scale, true);
    const int lines = open(fifo, O_RDWR | O_CLOEXEC);  // Never at its end, whoever comes and goes.
    pid_t started = 0;
    if (lines < 0 || posix_spawnp(&started, command[0], nullptr, nullptr, command, environ) != 0) {
        std::cerr << "usb_host: cannot open " << fifo << " or start " << command[0] << '\n';
        return 2;
    }
    child = started;
    std::signal(SIGTERM, [](int) { kill(child, SIGTERM); });
    std::string rest;
    for (int status = 0;;) {
        if (waitpid(started, &status, WNOHANG) == started)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        pollfd ready{.fd = lines, .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, 50) <= 0) continue;
        char bytes[4096];
        const auto got = read(lines, bytes, sizeof bytes);
        if (got > 0) rest.append(bytes, static_cast<std::size_t>(got));
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            obey(rest.substr(0, end), scanner, scale, first);
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

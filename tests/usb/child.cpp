#include "tests/usb/child.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace till::usbsim {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

Child::Child(const std::vector<std::string>& command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"pipe"};
    std::vector<char*> arguments;
    for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int failed =
        posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    out_ = ends[0];
    if (failed) throw std::runtime_error{command[0] + " does not start"};
}

Child::~Child() {
    if (pid_ > 0) end();
    close(out_);
}

int Child::end() {
    kill(pid_, SIGTERM);
    const int code = this->code();
    one_failed |= code != 0;
    return code;
}

int Child::code() {
    int status = 0;
    const auto until = Clock::now() + std::chrono::seconds{10};
    while (waitpid(pid_, &status, WNOHANG) == 0) {
        if (Clock::now() > until) kill(pid_, SIGKILL);  // It must end by itself: 137 is a failure.
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Child::next_line(std::string& line, Clock::time_point until) {
    for (;;) {
        if (const auto at = rest_.find('\n'); at != std::string::npos) {
            line = rest_.substr(0, at);
            rest_.erase(0, at + 1);
            said.push_back(line);
            return true;
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
        pollfd ready{.fd = out_, .events = POLLIN, .revents = 0};
        if (left.count() < 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
        char bytes[4096];
        const auto got = read(out_, bytes, sizeof bytes);
        if (got <= 0) return false;
        rest_.append(bytes, static_cast<std::size_t>(got));
    }
}

json::object Child::wait_for(const std::string& what,
                             const std::function<bool(const json::object&)>& wanted,
                             std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    for (std::string line; next_line(line, until);) {
        json::object event = json::parse(line).as_object();
        if (wanted(event)) return event;
    }
    std::string heard;
    for (const std::string& each : said) heard += "\n  " + each;
    throw std::runtime_error{"waited for " + what + "; heard:" + heard};
}

void Child::never(const std::string& what, const std::function<bool(const json::object&)>& unwanted,
                  std::chrono::milliseconds time) {
    const auto until = Clock::now() + time;
    for (std::string line; next_line(line, until);)
        if (unwanted(json::parse(line).as_object())) throw std::runtime_error{what + ": " + line};
}

std::string Child::all() {
    std::string text;
    for (std::string line; next_line(line, Clock::now() + std::chrono::seconds{10});)
        text += line + "\n";
    return text;
}

}  // namespace till::usbsim

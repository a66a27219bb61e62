#include "agent/tillctl/answers.hpp"
#include "agent/tillctl/watch_bus.hpp"
#include "drivers/usb/recording_bus.hpp"
#include "drivers/usb/replay_bus.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace till {

namespace {

/// Takes lines until the first that does not fit: then it says so, and the watch goes on without it.
class RecordingFile {
public:
    /// Fails with conflict where there is such a file already.
    static Result<std::shared_ptr<RecordingFile>> create(const std::filesystem::path& path) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file >= 0) return std::make_shared<RecordingFile>(file, path);
        if (errno == EEXIST)
            return Error{Errc::conflict, path.string() + " is there already, and stays as it is"};
        return Error{Errc::io, path.string() + ": " + std::strerror(errno)};
    }
    RecordingFile(int file, std::filesystem::path path) : file_{file}, path_{std::move(path)} {}
    RecordingFile(const RecordingFile&) = delete;
    ~RecordingFile() { ::close(file_); }

    void add(std::string_view line) {
        if (full_) return;
        errno = ENOSPC;  // Of a line that fits in part, the kernel does not say why.
        const bool fits = size_ + line.size() <= drivers::recording_bytes_max;
        if (fits && ::write(file_, line.data(), line.size()) == std::ssize(line)) {
            size_ += line.size();
            return;
        }
        const std::string why = fits ? std::strerror(errno) : "it is as large as one may be";
        full_ = true;
        // Whole lines can be replayed.
        (void)!::ftruncate(file_, static_cast<off_t>(size_));
        std::cerr << "tillctl: " << path_.string() << ": " << why
                  << "; nothing more is recorded, the watch goes on\n";
    }

private:
    int file_;
    std::filesystem::path path_;
    std::size_t size_ = 0;
    bool full_ = false;
};

Exit record(const std::filesystem::path& path, const std::string& port, bool in_json) {
    asio::io_context loop{1};
    auto bus = drivers::UsbBus::open(loop.get_executor());
    if (!bus) return report(bus.error());
    const auto file = RecordingFile::create(path);
    if (!file) return report(file.error());
    std::cerr << "Recording what " << (port.empty() ? "every device" : port) << " says into "
              << path.string()
              << ". What is scanned stands in it as it is: mind whose it is. Ctrl+C ends.\n";
    drivers::RecordingBus recording{
        *std::move(bus), [file = *file](std::string_view line) { file->add(line); }, port};
    watch_bus(loop, recording, drivers::Quirks::builtin(), in_json);
    return Exit::ok;
}

Exit replay(const std::filesystem::path& path, bool in_json) {
    std::ifstream in{path, std::ios::binary};
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (!in || failed) return report(Error{Errc::not_found, "cannot read " + path.string()});
    if (size > drivers::recording_bytes_max)
        return report(Error{Errc::out_of_range, path.string() + " is larger than any recording"});
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto steps = drivers::read_recording(text);
    if (!steps) return report(steps.error());
    asio::io_context loop{1};
    drivers::ReplayBus bus{loop.get_executor(), *std::move(steps)};
    watch_bus(loop, bus, drivers::Quirks::builtin(), in_json);
    const auto same = bus.trouble();
    return same ? Exit::ok : report(same.error());
}

}  // namespace

void add_recording_commands(CLI::App& devices, const std::shared_ptr<bool>& in_json,
                            const Common& common, Exit& outcome) {
    struct Recording {
        std::filesystem::path file;
        std::string port;
    };
    const auto made = std::make_shared<Recording>();
    auto* recording = devices.add_subcommand(
        "record",
        "Like --watch, and write every byte of it into a file that `devices replay` plays "
        "without the devices: what support needs of one that misbehaves. What is scanned stands in "
        "the file as it is, customers' cards and codes with it: it is made for you alone to read "
        "(mode 0600), and is yours to look through before you send it. Card readers are left out");
    recording->add_option("FILE", made->file, "Made anew; one that is there is left as it is")
        ->required();
    recording->add_option("--port", made->port,
                          "Only the device plugged in there, as --watch shows it (1-2); others "
                          "are left alone");
    recording->callback([&common, &outcome, in_json, made] {
        outcome = record(made->file, made->port, common.json || *in_json);
    });
    const auto played = std::make_shared<std::filesystem::path>();
    auto* replaying = devices.add_subcommand(
        "replay", "Run the drivers on a recording, and print the events of it");
    replaying->add_option("FILE", *played, "As `devices record` made it")->required();
    replaying->callback([&common, &outcome, in_json, played] {
        outcome = replay(*played, common.json || *in_json);
    });
}

}  // namespace till

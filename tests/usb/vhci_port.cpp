#include "tests/usb/vhci_port.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <list>
#include <stdexcept>
#include <thread>

namespace till::usbsim {

namespace {

using namespace std::chrono_literals;
using std::filesystem::path;

const path controller = "/sys/devices/platform/vhci_hcd.0";

/// A USB/IP message (the kernel's Documentation/usb/usbip_protocol.rst): twelve big-endian words.
struct Message {
    enum Command : std::uint32_t { submit = 1, unlink, submitted, unlinked };
    std::uint32_t command = 0, number = 0, device = 0, is_in = 0, endpoint = 0;
    std::uint32_t status = 0;  ///< Of an unlink: the number of what is unlinked.
    std::uint32_t bytes = 0, frame = 0, packets = 0, interval = 0;
    std::array<std::uint8_t, 8> setup{};

    void turn() {
        for (std::uint32_t* word : {&command, &number, &device, &is_in, &endpoint, &status, &bytes,
                                    &frame, &packets, &interval})
            *word = ntohl(*word);
    }
};
static_assert(sizeof(Message) == 48);

bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

bool tell_controller(const char* attribute, const std::string& words) {
    std::ofstream file{controller / attribute};
    file << words << std::flush;
    return file.good();
}

}  // namespace

struct VhciPort::Impl {
    struct Urb {
        Message asked;
        Octets data;  ///< Out: what came with it.
    };

    bool receive(void* into, std::size_t bytes) const {
        return bytes == 0 || recv(end, into, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
    }
    void serve();
    void unlink(const Message& asked);
    void pump();
    bool finish(Urb& urb);
    void answer(Message::Command command, std::uint32_t number, int status, std::size_t actual,
                const Octets& data) const;
    path interface(std::size_t number) const {
        return sys_path / (name + ":1." + std::to_string(number));
    }
    bool every_interface(const std::function<bool(const path&)>& holds) const {
        for (std::size_t i = 0; i < device->functions(); ++i)
            if (!holds(interface(i))) return false;
        return true;
    }
    std::set<std::string> bindings() const;

    std::string name, socket;
    path sys_path;
    Device* device = nullptr;
    std::set<std::string> bound;  ///< Of the kernel's HID driver, when it was plugged in.
    int end = -1, taken = -1;
    std::mutex mutex;
    std::list<Urb> under_way;
    std::thread server;
};

VhciPort::VhciPort(std::string name) : impl_{std::make_unique<Impl>()} {
    impl_->socket = std::to_string(std::stoi(name.substr(2)) - 1);
    impl_->sys_path = path{"/sys/bus/usb/devices"} / name;
    impl_->name = std::move(name);
}

VhciPort::~VhciPort() {
    if (impl_->device != nullptr) unplug();
}

void VhciPort::plug(Device& device, bool kernel_driver) {
    constexpr const char* full_speed = "2";
    Impl& port = *impl_;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error{"socketpair"};
    port.end = ends[0];
    port.device = &device;
    port.server = std::thread{[&port] { port.serve(); }};
    device.kick = [&port] {
        const std::scoped_lock lock{port.mutex};
        port.pump();
    };
    const std::string words =
        port.socket + " " + std::to_string(ends[1]) + " 1 " + std::string{full_speed};
    // One that was just pulled may not have left it yet.
    const bool plugged = within(5s, [&] { return tell_controller("attach", words); });
    close(ends[1]);  // The kernel has its own hold of it.
    if (!plugged) throw std::runtime_error{"vhci_hcd takes nothing at " + port.name};
    const auto is_there = [](const path& each) { return exists(each); };
    if (!within(10s,
                [&] { return port.every_interface(is_there) && (!kernel_driver || has_driver()); }))
        throw std::runtime_error{"the kernel does not take the device at " + port.name};
    // Bound is not yet done with it; this attribute is only read when it is.
    if (int configuration = 0; kernel_driver)
        std::ifstream{port.sys_path / "bConfigurationValue"} >> configuration;
    port.bound = port.bindings();
}

void VhciPort::unplug() {
    Impl& port = *impl_;
    port.device->kick = [] {};
    tell_controller("detach", port.socket);
    const bool gone = within(10s, [&] { return !exists(port.sys_path); });
    shutdown(port.end, SHUT_RDWR);
    port.server.join();
    close(port.end);
    port.under_way.clear();
    port.device = nullptr;
    if (!gone) throw std::runtime_error{"the kernel keeps what was pulled at " + port.name};
}

/// By claiming it as any program may.
void VhciPort::take(bool taken) {
    Impl& port = *impl_;
    if (!taken) {
        close(port.taken);
        return;
    }
    int bus = 0, address = 0;
    std::ifstream{port.sys_path / "busnum"} >> bus;
    std::ifstream{port.sys_path / "devnum"} >> address;
    char node[64];
    std::snprintf(node, sizeof node, "/dev/bus/usb/%03d/%03d", bus, address);
    port.taken = open(node, O_RDWR | O_CLOEXEC);
    for (unsigned i = 0; i < port.device->functions(); ++i) {
        usbdevfs_disconnect_claim claim{.interface = i, .flags = 0, .driver = {}};
        if (ioctl(port.taken, USBDEVFS_DISCONNECT_CLAIM, &claim) != 0)
            throw std::runtime_error{"cannot claim the device at " + port.name};
    }
}

bool VhciPort::has_driver() const {
    return impl_->every_interface([](const path& each) {
        std::error_code none;
        const path driver = read_symlink(each / "driver", none).filename();
        return !driver.empty() && driver != "usbfs";
    });
}

bool VhciPort::was_touched() const { return impl_->bindings() != impl_->bound; }

/// The kernel numbers them for as long as it runs: one that was taken and given back has another name.
std::set<std::string> VhciPort::Impl::bindings() const {
    std::set<std::string> names;
    for (std::size_t i = 0; i < device->functions(); ++i)
        for (const auto& each : std::filesystem::directory_iterator{interface(i)})
            if (each.path().filename().string().starts_with("0003:"))
                names.insert(each.path().filename());
    return names;
}

void VhciPort::Impl::serve() {
    for (Message asked; receive(&asked, sizeof asked);) {
        asked.turn();
        const bool submits = asked.command == Message::submit;
        Urb urb{asked, Octets(submits && asked.is_in == 0 ? asked.bytes : 0)};
        if (!receive(urb.data.data(), urb.data.size())) return;
        const std::scoped_lock lock{mutex};
        if (submits)
            under_way.push_back(std::move(urb));
        else
            unlink(asked);
        pump();
    }
}

void VhciPort::Impl::unlink(const Message& asked) {
    const auto found = std::ranges::find_if(
        under_way, [&](const Urb& each) { return each.asked.number == asked.status; });
    const bool is_late = found == under_way.end();
    if (!is_late) under_way.erase(found);
    answer(Message::unlinked, asked.number, is_late ? 0 : -ECONNRESET, 0, {});
}

void VhciPort::Impl::pump() {
    // What one was told may be what an earlier one waits for the answer to.
    while (std::erase_if(under_way, [&](Urb& each) { return finish(each); }) > 0) {}
}

bool VhciPort::Impl::finish(Urb& urb) {
    const Message& asked = urb.asked;
    const bool is_in = asked.is_in != 0;
    if (asked.endpoint == 0) {
        const auto& raw = asked.setup;
        const auto word = [&](std::size_t at) {
            return static_cast<std::uint16_t>(raw[at] | raw[at + 1] << 8);
        };
        if (is_in) urb.data.assign(asked.bytes, 0);
        const int result = device->control({raw[0], raw[1], word(2), word(4), word(6)}, urb.data);
        if (result == -EAGAIN) return false;
        const auto actual = static_cast<std::size_t>(std::max(result, 0));
        urb.data.resize(is_in ? actual : 0);
        answer(Message::submitted, asked.number, std::min(result, 0), actual, urb.data);
        return true;
    }
    if (!is_in) {
        if (!device->put(static_cast<std::uint8_t>(asked.endpoint), urb.data)) return false;
        answer(Message::submitted, asked.number, 0, asked.bytes, {});
        return true;
    }
    const auto came = device->take(static_cast<std::uint8_t>(asked.endpoint | 0x80), asked.bytes);
    if (!came) return false;
    answer(Message::submitted, asked.number, came->stalls ? -EPIPE : 0, came->data.size(),
           came->data);
    return true;
}

void VhciPort::Impl::answer(Message::Command command, std::uint32_t number, int status,
                            std::size_t actual, const Octets& data) const {
    Message said{.command = command,
                 .number = number,
                 .status = static_cast<std::uint32_t>(status),
                 .bytes = static_cast<std::uint32_t>(actual)};
    said.turn();
    Octets all(sizeof said);
    std::memcpy(all.data(), &said, sizeof said);
    all.insert(all.end(), data.begin(), data.end());
    for (std::size_t sent = 0; sent < all.size();) {
        const auto went = send(end, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
        if (went <= 0) return;  // It was pulled meanwhile.
        sent += static_cast<std::size_t>(went);
    }
}

}  // namespace till::usbsim

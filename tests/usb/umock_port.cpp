#include "tests/usb/umock_port.hpp"

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <umockdev.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <list>
#include <stdexcept>

namespace till::usbsim {

namespace {

std::atomic<int> last_address{1};

void check(GError* error) {
    if (error == nullptr) return;
    const std::string words = error->message;
    g_error_free(error);
    throw std::runtime_error{"umockdev: " + words};
}

/// The node that a program opens. Only a terminal can say "nothing to reap" to poll (its output is stopped),
/// "something" (it is not), and "gone" (its other end is closed).
class Node {
public:
    explicit Node(const std::filesystem::path& path) {
        char name[128];
        if (openpty(&master_, &slave_, name, nullptr, nullptr) != 0)
            throw std::runtime_error{"openpty"};
        for (const int each : {master_, slave_}) fcntl(each, F_SETFD, FD_CLOEXEC);
        termios raw{};
        tcgetattr(slave_, &raw);
        cfmakeraw(&raw);
        tcsetattr(slave_, TCSANOW, &raw);
        std::filesystem::create_directories(path.parent_path());
        std::filesystem::remove(path);
        std::filesystem::create_symlink(name, path);
        tcflow(slave_, TCOOFF);
    }
    ~Node() { close(); }
    Node(const Node&) = delete;

    void set_ready(bool ready) {
        if (slave_ < 0 || ready == ready_) return;
        ready_ = ready;
        tcflow(slave_, ready ? TCOON : TCOOFF);
    }
    void close() {
        for (int* each : {&slave_, &master_}) {
            if (*each >= 0) ::close(*each);
            *each = -1;
        }
    }

private:
    int master_ = -1, slave_ = -1;
    bool ready_ = false;
};

}  // namespace

struct UmockPort::Impl {
    struct Urb {
        UMockdevIoctlData* urb = nullptr;
        UMockdevIoctlData* buffer = nullptr;
        int status = 0;
        Octets came;

        usbdevfs_urb& raw() const { return *reinterpret_cast<usbdevfs_urb*>(urb->data); }
    };

    gboolean ioctl(UMockdevIoctlClient* client);
    int answer(gulong request, UMockdevIoctlData* argument, long& result);
    int submit(UMockdevIoctlData* argument);
    int reap(UMockdevIoctlData* argument);
    int discard(UMockdevIoctlData* argument);
    int control_driver(UMockdevIoctlData* argument, long& result);
    bool finish(Urb& urb);
    bool finish_control(Urb& urb);
    void pump();
    unsigned number(UMockdevIoctlData* argument) const {
        return *reinterpret_cast<unsigned*>(argument->data);
    }

    UMockdevTestbed* testbed = nullptr;
    std::string name, node_path, sys_path;
    UMockdevIoctlBase* handler = nullptr;
    Device* device = nullptr;
    std::unique_ptr<Node> node;
    mutable std::recursive_mutex mutex;
    std::list<Urb> under_way, done;
    std::set<unsigned> drivers;  // Interfaces that a kernel's driver has.
    bool taken = false, touched = false, gone = false;
};

UmockPort::UmockPort(UMockdevTestbed* testbed, std::string name) : impl_{std::make_unique<Impl>()} {
    impl_->testbed = testbed;
    impl_->name = std::move(name);
}

UmockPort::~UmockPort() {
    if (impl_->device != nullptr) unplug();
}

void UmockPort::plug(Device& device, bool kernel_driver) {
    Impl& port = *impl_;
    const int address = ++last_address;
    char path[64];
    std::snprintf(path, sizeof path, "/dev/bus/usb/001/%03d", address);
    port.node_path = path;
    port.sys_path = "/sys/devices/" + port.name;
    port.device = &device;
    port.gone = port.touched = false;
    port.drivers.clear();
    for (unsigned i = 0; kernel_driver && i < device.functions(); ++i) port.drivers.insert(i);

    char* const root_text = umockdev_testbed_get_root_dir(port.testbed);
    const std::filesystem::path root{root_text};
    g_free(root_text);
    port.handler = umockdev_ioctl_base_new();
    const auto forward = +[](UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
        return static_cast<Impl*>(self)->ioctl(client);
    };
    g_signal_connect(port.handler, "handle-ioctl", G_CALLBACK(forward), &port);
    GError* error = nullptr;
    // Socket, node and descriptors must be there before the "add" event reaches anybody.
    umockdev_testbed_attach_ioctl(port.testbed, path, port.handler, &error);
    check(error);
    port.node = std::make_unique<Node>(root / port.node_path.substr(1));
    Octets descriptors = device.device_descriptor();
    const std::string vid = [&] {
        char text[8];
        std::snprintf(text, sizeof text, "%02x%02x\n", descriptors[9], descriptors[8]);
        return std::string{text};
    }();
    const std::string pid = [&] {
        char text[8];
        std::snprintf(text, sizeof text, "%02x%02x\n", descriptors[11], descriptors[10]);
        return std::string{text};
    }();
    const Octets config = device.config_descriptor();
    descriptors.insert(descriptors.end(), config.begin(), config.end());
    const auto folder = root / port.sys_path.substr(1);
    std::filesystem::create_directories(folder);
    std::ofstream{folder / "descriptors", std::ios::binary}.write(
        reinterpret_cast<const char*>(descriptors.data()),
        static_cast<std::streamsize>(descriptors.size()));
    device.kick = [&port] {
        const std::scoped_lock lock{port.mutex};
        port.pump();
    };
    const std::string number = std::to_string(address) + "\n";
    const std::string numbers = "189:" + std::to_string(address - 1) + "\n";
    std::array<const char*, 17> attributes{
        "busnum",        "1\n",       "devnum",    number.c_str(),        "dev",
        numbers.c_str(), "speed",     "12\n",      "bConfigurationValue", "1\n",
        "idVendor",      vid.c_str(), "idProduct", pid.c_str(),           nullptr};
    std::array<const char*, 5> properties{"DEVNAME", path, "DEVTYPE", "usb_device", nullptr};
    g_free(umockdev_testbed_add_devicev(port.testbed, "usb", port.name.c_str(), nullptr,
                                        const_cast<char**>(attributes.data()),
                                        const_cast<char**>(properties.data())));
}

/// In the kernel's order: what is under way dies, then the node says so, then udev.
void UmockPort::unplug() {
    Impl& port = *impl_;
    port.device->kick = [] {};
    {
        const std::scoped_lock lock{port.mutex};
        port.gone = true;
        for (auto& each : port.under_way) each.status = -ESHUTDOWN;
        port.done.splice(port.done.end(), port.under_way);
        port.node->close();
    }
    umockdev_testbed_uevent(port.testbed, port.sys_path.c_str(), "remove");
    umockdev_testbed_remove_device(port.testbed, port.sys_path.c_str());
    GError* error = nullptr;
    umockdev_testbed_detach_ioctl(port.testbed, port.node_path.c_str(), &error);
    check(error);
    char* const root_text = umockdev_testbed_get_root_dir(port.testbed);
    unlink((std::string{root_text} + port.node_path).c_str());
    g_free(root_text);
    g_object_unref(port.handler);
    const std::scoped_lock lock{port.mutex};
    port.handler = nullptr;
    port.device = nullptr;
    port.done.clear();
}

void UmockPort::take(bool taken) {
    const std::scoped_lock lock{impl_->mutex};
    impl_->taken = taken;
}

bool UmockPort::has_driver() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->drivers.size() == impl_->device->functions();
}

bool UmockPort::was_touched() const {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->touched;
}

gboolean UmockPort::Impl::ioctl(UMockdevIoctlClient* client) {
    const gulong request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData* const argument = umockdev_ioctl_client_get_arg(client);
    long result = 0;
    int failed = 0;
    {
        const std::scoped_lock lock{mutex};
        const bool reaps = request == USBDEVFS_REAPURBNDELAY || request == USBDEVFS_REAPURB;
        failed = gone && !reaps ? ENODEV : answer(request, argument, result);
    }
    umockdev_ioctl_client_complete(client, failed == 0 ? result : -1, failed);
    return TRUE;
}

int UmockPort::Impl::answer(gulong request, UMockdevIoctlData* argument, long& result) {
    switch (request) {
        case USBDEVFS_GET_CAPABILITIES: {
            UMockdevIoctlData* const flags = umockdev_ioctl_data_resolve(argument, 0, 4, nullptr);
            const std::uint32_t all = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM
                                      | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
            std::memcpy(flags->data, &all, sizeof all);
            g_object_unref(flags);
            return 0;
        }
        case USBDEVFS_DISCONNECT_CLAIM: {
            UMockdevIoctlData* const claim = umockdev_ioctl_data_resolve(
                argument, 0, sizeof(usbdevfs_disconnect_claim), nullptr);
            const unsigned interface =
                reinterpret_cast<usbdevfs_disconnect_claim*>(claim->data)->interface;
            g_object_unref(claim);
            if (taken) return EBUSY;
            if (interface >= device->functions()) return EINVAL;
            touched = true;
            drivers.erase(interface);
            return 0;
        }
        case USBDEVFS_CLAIMINTERFACE:
            if (taken || !drivers.empty()) return EBUSY;
            touched = true;
            return 0;
        case USBDEVFS_CLEAR_HALT: {
            UMockdevIoctlData* const endpoint =
                umockdev_ioctl_data_resolve(argument, 0, 4, nullptr);
            device->clear_halt(static_cast<std::uint8_t>(number(endpoint)));
            g_object_unref(endpoint);
            return 0;
        }
        case USBDEVFS_RELEASEINTERFACE:
        case USBDEVFS_RESET:
        case USBDEVFS_SETINTERFACE:
        case USBDEVFS_SETCONFIGURATION:
            return 0;
        case USBDEVFS_GETDRIVER:
            return ENODATA;
        case USBDEVFS_IOCTL:
            return control_driver(argument, result);
        case USBDEVFS_SUBMITURB:
            return submit(argument);
        case USBDEVFS_DISCARDURB:
            return discard(argument);
        case USBDEVFS_REAPURB:
        case USBDEVFS_REAPURBNDELAY:
            return reap(argument);
        default:
            return ENOTTY;
    }
}

int UmockPort::Impl::control_driver(UMockdevIoctlData* argument, long& result) {
    UMockdevIoctlData* const data =
        umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_ioctl), nullptr);
    const auto said = *reinterpret_cast<usbdevfs_ioctl*>(data->data);
    g_object_unref(data);
    const auto interface = static_cast<unsigned>(said.ifno);
    if (static_cast<unsigned>(said.ioctl_code) != USBDEVFS_CONNECT) return ENOTTY;
    result = drivers.insert(interface).second ? 1 : 0;
    return 0;
}

int UmockPort::Impl::submit(UMockdevIoctlData* argument) {
    Urb urb;
    urb.urb = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_urb), nullptr);
    if (urb.urb == nullptr) return EFAULT;
    if (!device->has_endpoint(urb.raw().endpoint)) {
        g_object_unref(urb.urb);
        return ENOENT;
    }
    if (urb.raw().buffer_length > 0)
        urb.buffer =
            umockdev_ioctl_data_resolve(urb.urb, offsetof(usbdevfs_urb, buffer),
                                        static_cast<gsize>(urb.raw().buffer_length), nullptr);
    under_way.push_back(std::move(urb));
    pump();
    return 0;
}

int UmockPort::Impl::discard(UMockdevIoctlData* argument) {
    gulong address = 0;
    std::memcpy(&address, argument->data, sizeof address);
    const auto found = std::ranges::find_if(
        under_way, [&](const Urb& each) { return each.urb->client_addr == address; });
    if (found == under_way.end()) return EINVAL;
    found->status = -ENOENT;
    done.splice(done.end(), under_way, found);
    node->set_ready(true);
    return 0;
}

int UmockPort::Impl::reap(UMockdevIoctlData* argument) {
    if (done.empty()) return gone ? ENODEV : EAGAIN;
    Urb urb = std::move(done.front());
    done.pop_front();
    usbdevfs_urb& raw = urb.raw();
    raw.status = urb.status;
    const bool is_control = raw.type == USBDEVFS_URB_TYPE_CONTROL;
    const bool is_in = is_control ? (urb.buffer->data[0] & 0x80) != 0 : (raw.endpoint & 0x80) != 0;
    if (urb.status == 0 && is_in && urb.buffer != nullptr)
        std::ranges::copy(urb.came, urb.buffer->data + (is_control ? 8 : 0));
    raw.actual_length = urb.status == 0 ? static_cast<int>(urb.came.size()) : 0;
    UMockdevIoctlData* const out = umockdev_ioctl_data_resolve(argument, 0, sizeof(void*), nullptr);
    umockdev_ioctl_data_set_ptr(out, 0, urb.urb);
    g_object_unref(out);
    if (urb.buffer != nullptr) g_object_unref(urb.buffer);
    g_object_unref(urb.urb);
    if (!gone) node->set_ready(!done.empty());
    return 0;
}

void UmockPort::Impl::pump() {
    for (auto each = under_way.begin(); each != under_way.end();) {
        const auto next = std::next(each);
        const bool is_in = (each->raw().endpoint & 0x80) != 0;
        const bool finished = finish(*each);
        if (finished) done.splice(done.end(), under_way, each);
        // What it was told may be what an earlier one waits for the answer to.
        each = finished && !is_in ? under_way.begin() : next;
    }
    if (node) node->set_ready(!done.empty());
}

bool UmockPort::Impl::finish_control(Urb& urb) {
    const std::uint8_t* const bytes = urb.buffer->data;
    const auto word = [&](int at) {
        return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
    };
    const Setup setup{bytes[0], bytes[1], word(2), word(4), word(6)};
    urb.came.assign(bytes + 8, bytes + urb.raw().buffer_length);
    const int result = device->control(setup, urb.came);
    if (result == -EAGAIN) return false;
    if (result < 0)
        urb.status = result;
    else
        urb.came.resize(static_cast<std::size_t>(result));
    return true;
}

bool UmockPort::Impl::finish(Urb& urb) {
    const usbdevfs_urb& raw = urb.raw();
    if (raw.type == USBDEVFS_URB_TYPE_CONTROL) return finish_control(urb);
    if ((raw.endpoint & 0x80) == 0) {
        const std::size_t bytes = urb.buffer == nullptr ? 0 : urb.buffer->data_len;
        urb.came.assign(bytes, 0);
        if (bytes > 0) std::copy_n(urb.buffer->data, bytes, urb.came.begin());
        return device->put(raw.endpoint, urb.came);
    }
    auto came = device->take(raw.endpoint, static_cast<std::size_t>(raw.buffer_length));
    if (!came) return false;
    if (came->stalls)
        urb.status = -EPIPE;
    else
        urb.came = std::move(came->data);
    return true;
}

}  // namespace till::usbsim

#include "tests/usb/simulated_device.hpp"

#include <algorithm>

namespace till::usbsim {

namespace {

constexpr std::uint8_t hid = 3;

std::uint8_t low(std::size_t number) { return static_cast<std::uint8_t>(number & 0xff); }
std::uint8_t high(std::size_t number) { return static_cast<std::uint8_t>(number >> 8 & 0xff); }

int give(const Octets& bytes, Octets& data) {
    const std::size_t size = std::min(bytes.size(), data.size());
    std::copy_n(bytes.begin(), size, data.begin());
    return static_cast<int>(size);
}

Octets string_descriptor(const std::string& text) {
    Octets bytes{low(2 + 2 * text.size()), 3};
    for (const char each : text) bytes.insert(bytes.end(), {static_cast<std::uint8_t>(each), 0});
    return bytes;
}

}  // namespace

Device::Device(std::uint16_t vid, std::uint16_t pid, std::vector<Function> functions,
               std::string product, std::string serial)
    : vid_{vid},
      pid_{pid},
      functions_{std::move(functions)},
      product_{std::move(product)},
      serial_{std::move(serial)} {}

Octets Device::device_descriptor() const {
    return {18,         1,         0x00,       0x02, 0,    0, 0, 64, low(vid_),
            high(vid_), low(pid_), high(pid_), 0x00, 0x01, 1, 2, 3,  1};
}

Octets Device::config_descriptor() const {
    Octets all{9, 2, 0, 0, low(functions_.size()), 1, 0, 0x80, 50};
    for (std::size_t i = 0; i < functions_.size(); ++i) {
        const Function& one = functions_[i];
        const Octets head{
            9, 4, low(i), 0, low(one.endpoints.size()), one.usb_class, one.subclass, one.protocol,
            0};
        all.insert(all.end(), head.begin(), head.end());
        if (one.usb_class == hid) {
            const std::size_t bytes = one.claimed_report_bytes.value_or(
                low(one.report_descriptor.size()) | high(one.report_descriptor.size()) << 8);
            const Octets about{9, 0x21, 0x11, 0x01, 0, 1, 0x22, low(bytes), high(bytes)};
            all.insert(all.end(), about.begin(), about.end());
        }
        all.insert(all.end(), one.more.begin(), one.more.end());
        for (const auto& each : one.endpoints) {
            const Octets endpoint{
                7, 5, each.address, each.type, low(each.packet), high(each.packet), 1};
            all.insert(all.end(), endpoint.begin(), endpoint.end());
        }
    }
    all[2] = low(all.size());
    all[3] = high(all.size());
    return all;
}

bool Device::has_endpoint(std::uint8_t address) const {
    for (const Function& one : functions_)
        for (const auto& each : one.endpoints)
            if (each.address == address) return true;
    return address == 0 || address == 0x80;
}

int Device::control(const Setup& setup, Octets& data) {
    const std::scoped_lock lock{mutex_};
    const bool to_interface = (setup.type & 0x1f) == 1;
    if (silent_ && to_interface) return -EAGAIN;
    const unsigned kind = setup.value >> 8, index = setup.value & 0xff;
    constexpr std::uint8_t get_descriptor = 6;
    if (setup.type == 0x80 && setup.request == get_descriptor) {
        if (kind == 1) return give(device_descriptor(), data);
        if (kind == 2) return give(config_descriptor(), data);
        if (kind == 3 && index == 0) return give({4, 3, 0x09, 0x04}, data);
        if (kind == 3 && index == 2) return give(string_descriptor(product_), data);
        if (kind == 3 && index == 3) return give(string_descriptor(serial_), data);
        return -EPIPE;
    }
    if (setup.type == 0x81 && setup.request == get_descriptor && kind == 0x22
        && setup.index < functions_.size())
        return give(functions_[setup.index].report_descriptor, data);
    constexpr std::uint8_t clear_feature = 1, set_configuration = 9, set_interface = 11;
    if (setup.type == 0x02 && setup.request == clear_feature) halted_.erase(low(setup.index));
    if ((setup.type == 0x02 && setup.request == clear_feature)
        || (setup.type == 0x00 && setup.request == set_configuration)
        || (setup.type == 0x01 && setup.request == set_interface))
        return 0;
    const bool to_class = setup.type == 0x21;
    if (to_class && setup.request == 9) written_.push_back(data);
    if (to_class) return static_cast<int>(data.size());
    return -EPIPE;
}

std::optional<Device::In> Device::take(std::uint8_t endpoint, std::size_t bytes_max) {
    const std::scoped_lock lock{mutex_};
    if (halted_.contains(endpoint)) return In{{}, true};
    auto& queue = queues_[endpoint];
    if (queue.empty()) return std::nullopt;
    In one = std::move(queue.front());
    queue.pop_front();
    if (one.data.size() > bytes_max) {
        const auto cut = one.data.begin() + static_cast<std::ptrdiff_t>(bytes_max);
        queue.push_front({{cut, one.data.end()}, false});
        one.data.erase(cut, one.data.end());
    }
    if (one.stalls) halted_.insert(endpoint);
    return one;
}

bool Device::put(std::uint8_t, const Octets&) { return true; }

void Device::clear_halt(std::uint8_t endpoint) {
    const std::scoped_lock lock{mutex_};
    halted_.erase(endpoint);
}

void Device::queue(Octets data, std::uint8_t endpoint) {
    const std::scoped_lock lock{mutex_};
    queues_[endpoint].push_back({std::move(data), false});
}

void Device::send(Octets data, std::uint8_t endpoint) {
    queue(std::move(data), endpoint);
    kick();
}

void Device::stall(std::uint8_t endpoint) {
    {
        const std::scoped_lock lock{mutex_};
        queues_[endpoint].push_back({{}, true});
    }
    kick();
}

void Device::be_silent(bool silent) {
    {
        const std::scoped_lock lock{mutex_};
        silent_ = silent;
    }
    kick();
}

std::vector<Octets> Device::written() const {
    const std::scoped_lock lock{mutex_};
    return written_;
}

}  // namespace till::usbsim

#include "sync/gateway/admission.hpp"

#include <algorithm>
#include <utility>

namespace till::sync {

namespace ip = boost::asio::ip;

ip::address origin_of(const ip::address& remote) {
    if (remote.is_v4()) return remote;
    const auto v6 = remote.to_v6();
    if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return ip::address_v6{bytes};
}

Admission::Place::Place(Place&& other) noexcept
    : admission_{std::exchange(other.admission_, nullptr)}, number_{other.number_} {}

void Admission::Place::give_back() {
    if (admission_) admission_->strangers_.erase(number_);
    admission_ = nullptr;
}

Admission::Place Admission::enter(const ip::address& remote, std::function<void()> show_out) {
    const auto number = next_++;
    strangers_.emplace(number, Stranger{origin_of(remote), std::move(show_out)});
    if (strangers_.size() > places_) make_room();
    return Place{*this, number};
}

void Admission::make_room() {
    std::map<ip::address, std::size_t> held;
    std::size_t most = 0;
    for (const auto& [number, stranger] : strangers_)
        most = std::max(most, ++held[stranger.origin]);
    const auto crowds = [&](const auto& entry) { return held[entry.second.origin] == most; };
    const auto oldest = std::find_if(strangers_.begin(), strangers_.end(), crowds);
    const auto show_out = std::move(oldest->second.show_out);
    strangers_.erase(oldest);
    show_out();
}

}  // namespace till::sync

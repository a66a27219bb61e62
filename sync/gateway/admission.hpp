#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

namespace till::sync {

/// Where a connection comes from, as far as one party is likely to own it: an IPv4 address, or the
/// /64 of an IPv6 address.
boost::asio::ip::address origin_of(const boost::asio::ip::address& remote);

/// The places of strangers: connections that have not shown a certificate yet. When they are full,
/// the oldest stranger of the origin that holds the most is shown out, the newcomer counted too. So
/// a newcomer always gets in, and whoever crowds the door pays for it with places of its own.
///
/// No I/O and no clock. Thread: one. Cost: showing out looks at each stranger once.
class Admission {
public:
    /// A stranger's place, given back when it ends. Admission must outlive it.
    class [[nodiscard]] Place {
    public:
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place() { give_back(); }
        /// The stranger is known now, or gone. Afterwards it is not shown out any more.
        void give_back();

    private:
        friend class Admission;
        Place(Admission& admission, std::uint64_t number)
            : admission_{&admission}, number_{number} {}
        Admission* admission_;
        std::uint64_t number_;
    };

    /// `places` at least 1.
    explicit Admission(std::size_t places) : places_{places} {}
    Admission(const Admission&) = delete;

    /// Lets a stranger in. `show_out` is called at most once, from within a later enter(), and must
    /// not enter or give back; the stranger's place is free by then.
    Place enter(const boost::asio::ip::address& remote, std::function<void()> show_out);

    std::size_t size() const noexcept { return strangers_.size(); }

private:
    struct Stranger {
        boost::asio::ip::address origin;
        std::function<void()> show_out;
    };

    void make_room();

    std::size_t places_;
    std::uint64_t next_ = 0;
    std::map<std::uint64_t, Stranger> strangers_;  // By age, the oldest first.
};

}  // namespace till::sync

#pragma once

#include "sync/wire/envelope.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

namespace tillstream::v1 {
class Event;
class RetailTransaction;
}  // namespace tillstream::v1

namespace till::support {

/// What differs between one retailer and another, as far as bytes can tell.
struct Shop {
    std::string caller = "pos-1";
    std::uint32_t store = 417;
    std::uint32_t lane = 1;
    std::string currency = "EUR";
    std::uint32_t decimals = 2;
    std::vector<std::string> gtin_prefixes = {"400", "401", "402", "405", "426",
                                              "300", "500", "761", "871", "200"};
    std::size_t catalogue = 8000;
    double log_mean = 5.6;  ///< Of prices, in minor units.
    double log_deviation = 0.9;
    std::array<std::int64_t, 2> tax_rates = {19, 7};  ///< Per cent, of codes A and B.
    std::vector<std::string> schemes = {"visa", "mastercard", "girocard"};
    double card_share = 0.62;
    double voucher_share = 0.03;
    double loyalty_share = 0.38;
    std::int64_t first_day_ms = 1'772'434'800'000;  ///< 2026-03-02T07:00:00Z
    std::size_t sales_a_day = 800;
};

/// Shops with other catalogues, prices, taxes, tenders and names than the default one: what a
/// dictionary may be trained on when the default shop is what is measured.
std::vector<Shop> other_shops();

/// A till's day after day: RetailTransaction events as the agent would have captured and chained
/// them. With the default shop, the statistical shape of the benchmark workload (basket sizes 1 to
/// 12, Zipf popularity, log-normal prices, 62 % card, 4 % discounted lines, 38 % with a loyalty card,
/// sealed). The same shop and seed give the same bytes; keys, hashes, trace ids and sealed bytes are
/// as random as real ones.
class Workload {
public:
    Workload(Shop shop, std::uint64_t seed);
    sync::Envelope next();
    std::vector<sync::Envelope> take(std::size_t count);

private:
    struct Item {
        std::uint64_t gtin;
        std::int64_t price;
        std::size_t tax;
    };
    double uniform();
    std::uint64_t below(std::uint64_t bound);
    double gaussian();
    std::string random_bytes(std::size_t count);
    const Item& pick();
    std::size_t basket_size();
    void open_day_when_full();
    std::string body(std::size_t lines, std::int64_t begin_ms, std::int64_t end_ms, bool loyal);
    void put_origin(tillstream::v1::Event& event, std::int64_t at_ms);
    void put_line(tillstream::v1::RetailTransaction& sale, std::uint32_t number);
    void put_tax(tillstream::v1::RetailTransaction& sale, std::size_t code) const;
    void put_tenders(tillstream::v1::RetailTransaction& sale, std::int64_t total);

    Shop shop_;
    std::mt19937_64 engine_;
    std::vector<Item> items_;
    std::vector<double> popularity_;
    std::uint64_t seq_ = 0;
    std::size_t today_ = 0;
    std::int64_t now_ms_;
    std::int64_t booted_ms_;
    std::uint64_t cashier_ = 1000;
    BootId boot_{Uuid{}};
};

}  // namespace till::support

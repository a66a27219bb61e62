#pragma once

#include "sync/wire/commands.pb.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace till {

/// One call as a till would make it: what to POST where, under which key.
struct SimulatedCall {
    std::string path;  ///< "/v1/transactions"
    std::string key;   ///< Idempotency key, unique for seed, day and lane.
    std::shared_ptr<const google::protobuf::Message> command;
};

/// What kind of day is wanted.
struct SimulatedDay {
    std::uint64_t seed = 1;
    std::string business_day = "2026-11-23";  ///< YYYY-MM-DD
    int lane = 1;
    int transactions = 200;   ///< Sales and returns; controls come on top.
    double returns = 0.04;    ///< Share of transactions that bring an earlier sale back.
    double customers = 0.38;  ///< Share of sales with an identified customer.
    std::string currency = "GBP";
};

/// A seeded generator of one lane's day: day and shift open, float, sales with Zipf-popular goods,
/// discounts, cash, card and voucher tenders, customers with loyalty cards, phones and e-mails
/// (invented, in number ranges reserved for fiction), enrolments with consent, returns of earlier
/// sales, no-sales, pickups, a shift change, a stock count, day close. The same day gives the same
/// calls on every machine. Pure.
class ShopSimulator {
public:
    explicit ShopSimulator(SimulatedDay day);

    /// The whole day in order.
    std::vector<SimulatedCall> calls();

private:
    struct Product {
        std::string gtin, name, price, tax_code;
    };
    struct Sold {
        std::string order;
        tillstream::v1::CommandLine line;
        std::uint32_t number = 0;
    };

    std::uint64_t below(std::uint64_t bound);
    bool chance(double probability);
    const Product& product();
    tillstream::v1::CommandIdentifier customer();
    tillstream::v1::RecordTransaction sale(int number);
    tillstream::v1::RecordTransaction back(int number);
    tillstream::v1::EnrolCustomer enrolment(int number);
    void pay(tillstream::v1::RecordTransaction& transaction, std::int64_t total);
    void add(std::string path, const google::protobuf::Message& command);
    void control(tillstream::v1::ControlTransaction::Type type, const std::string& operator_id);
    void cash(tillstream::v1::TenderControl::Type type, const std::string& amount,
              const std::string& reason);

    SimulatedDay day_;
    std::mt19937_64 random_;
    std::vector<Product> products_;
    std::vector<double> popularity_;
    std::deque<Sold> sold_;
    std::vector<SimulatedCall> calls_;
};

}  // namespace till

#pragma once

#include "agent/sale/transaction.hpp"

#include <catch2/catch.hpp>

#include <google/protobuf/text_format.h>

#include <string>

namespace till {

/// A British shop with two rates, cash to the penny.
inline SaleRules pounds() {
    return {.currency = *Currency::parse("GBP"),
            .taxes = {{"S", Decimal{20, 0}, true},
                      {"Z", Decimal{0, 0}, true},
                      {"US", Decimal{8875, 3}, false}},
            .default_tax = "S"};
}

/// A command written as protobuf text.
inline v1::RecordTransaction command(const std::string& text) {
    v1::RecordTransaction command;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &command));
    return command;
}

inline Result<v1::RetailTransaction> build(const std::string& text, SaleRules rules = pounds(),
                                           const SaleLimits& limits = {}) {
    return build_transaction(command(text), rules, limits, WallTime{1'700'000'000'000});
}

}  // namespace till

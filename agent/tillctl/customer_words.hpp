#pragma once

#include <boost/json/object.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace CLI {
class App;
}

namespace till {

/// Whom a command line names.
struct Whom {
    static constexpr std::array<std::pair<const char*, const char*>, 5> kinds = {
        {{"--card", "loyalty_card"},
         {"--phone", "phone"},
         {"--email", "email"},
         {"--number", "customer_number"},
         {"--vat", "vat_number"}}};
    std::string customer, country;
    std::array<std::string, kinds.size()> values;

    boost::json::object body() const;  ///< As the gateway takes it.
};

/// Adds its options to `command`: exactly one of them.
std::shared_ptr<Whom> add_whom(CLI::App& command);

}  // namespace till

#pragma once

#include "agent/core/result.hpp"
#include "agent/tillctl/clients.hpp"
#include "agent/tillctl/commands.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// Says on standard error what went wrong, with field and what is allowed, and how tillctl ends.
Exit report(const Error& error);
Exit report(const Reply& refusal);

/// Fails with malformed, saying how to name one, when the command line names no gateway.
Result<void> gateway_named(const Common& common);

/// Asks the gateway (or agent) named on the command line. Nothing, with `outcome` set and the cause
/// said, when that failed or was refused.
std::optional<boost::json::value> ask_gateway(const Common& common, Exit& outcome,
                                              std::string_view method, const std::string& target,
                                              const std::string& body = {});
std::optional<boost::json::value> ask_agent(const Common& common, Exit& outcome,
                                            std::string_view method, const std::string& target,
                                            const std::string& body = {});

void print_json(const boost::json::value& value);

/// A member as text, whatever its kind; empty when absent or null.
std::string text(const boost::json::value& object, std::string_view key);
/// A member that is an object; null when absent.
boost::json::value member(const boost::json::value& object, std::string_view key);
/// A member that is an array; an empty one when absent.
const boost::json::array& list(const boost::json::value& object, std::string_view key);

/// Columns as wide as their widest cell, counted in characters; numbers to the right.
class Table {
public:
    explicit Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.size() == 1; }
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// Escapes a value for use in a query string.
std::string query_value(std::string_view value);

}  // namespace till

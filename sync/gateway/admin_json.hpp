#pragma once

#include "sync/gateway/registry.hpp"
#include "sync/ledger/audit.hpp"
#include "sync/projection/queries.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

// What the administrators' API answers, as JSON. Amounts are decimal text, times RFC 3339 in UTC.
namespace till::sync {

std::string rfc3339(WallTime time);

boost::json::object to_json(const Registry::Code& code);
boost::json::object to_json(const Registry::Device& device);
boost::json::object to_json(const JournalState& journal);
boost::json::object to_json(const TransactionRow& row);
boost::json::object to_json(const ExceptionRow& row);
boost::json::object to_json(const ReconciledDay& day);
boost::json::object to_json(const LedgerAudit& audit);
/// The event with its fact; the sealed part is only counted, never shown.
boost::json::object to_json(const StoredEnvelope& stored);

/// A value of a request's query, unescaped.
std::optional<std::string> query_value(std::string_view target, std::string_view key);

}  // namespace till::sync

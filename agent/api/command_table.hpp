#pragma once

#include "agent/core/result.hpp"
#include "agent/journal/record.hpp"

#include <boost/asio/awaitable.hpp>

#include <google/protobuf/message.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace till {

namespace asio = boost::asio;

/// What a token lets its holder do. Each row of the table names the roles that may call it.
enum class Role : std::uint8_t {
    pos = 1,          ///< A point-of-sale program: captures everything a clerk does.
    stock = 2,        ///< A handheld: counts and adjustments.
    reader = 4,       ///< Status and events only.
    foreign_pos = 8,  ///< The file drop: may state source numbers and totals.
    administrator = 16,
};

/// Who calls: decided by the door from its token, never by the caller's words.
struct Caller {
    std::string name;  ///< First part of the idempotency key.
    Role role = Role::reader;
};

/// One call as a door hands it over.
struct Request {
    Caller caller;
    std::string idempotency_key;
    Bytes trace_id;  ///< 16 bytes; empty: one is made.
};

}  // namespace till

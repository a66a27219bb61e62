#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace till::sync {

/// How a TLS connection fails, beside what the socket reports. A clean end (close_notify) is
/// asio::error::eof, as Beast expects.
enum class TlsErrc {
    truncated = 1,  ///< The connection ended without close_notify: bytes may be missing.
    untrusted,      ///< The peer's certificate was refused by this end; TlsStream::why() says how.
    refused,        ///< The peer sent a fatal alert: it refused this end or found a fault.
    protocol,       ///< Not TLS 1.2 with our suites, or broken records.
};

const boost::system::error_category& tls_category();
boost::system::error_code make_error_code(TlsErrc code);

}  // namespace till::sync

template <>
struct boost::system::is_error_code_enum<till::sync::TlsErrc> : std::true_type {};

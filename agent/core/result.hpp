#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace till {

/// What kind of thing went wrong: enough for a program to decide what to do next.
enum class Errc : std::uint8_t {
    abandoned,        ///< Cancelled by the caller; nothing is known to have failed.
    malformed,        ///< Bytes or fields that cannot be understood.
    out_of_range,     ///< Understood, but outside what is allowed.
    not_found,        ///< The thing named does not exist.
    conflict,         ///< Contradicts what is already stored (same key, other content).
    forbidden,        ///< The caller's role may not do this.
    not_trusted,      ///< Signature, certificate or chain does not verify.
    timed_out,        ///< The deadline passed.
    closed,           ///< The other end, or the device, is gone.
    io,               ///< The operating system refused a read or write.
    corrupt,          ///< Stored bytes contradict themselves or cannot be read.
    disk_full,        ///< No room; a reserve is kept to close the day.
    outcome_unknown,  ///< The commit may or may not have happened: look it up before retrying.
    stale,            ///< Lost a race: what was compared against has moved on.
    unsupported,      ///< A version or feature this build does not have.
    busy,             ///< A bound was reached; try again later.
};

/// The word for an Errc that goes into logs and JSON: "malformed", "disk_full", …
std::string_view name(Errc code);

/// What went wrong, for a program (`code`) and for a person on call (`detail`). When a field of a
/// request is at fault, `field` is its path ("lines[2].quantity") and `allowed` says what would do.
struct Error {
    Errc code = Errc::abandoned;
    std::string detail;
    std::string field = {};
    std::string allowed = {};
};

/// std::expected with two differences: dropping one on the floor is a build error, and a function
/// fails with a plain `return Error{...}`. Default-constructed, it is an error (Asio 1.81
/// default-constructs the result of a coroutine that threw).
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
public:
    using std::expected<T, Error>::expected;
    Result() : Result{Error{}} {}
    Result(Error error) : std::expected<T, Error>{std::unexpect, std::move(error)} {}
};

template <>
class [[nodiscard]] Result<void> : public std::expected<void, Error> {
public:
    using std::expected<void, Error>::expected;
    Result(Error error) : std::expected<void, Error>{std::unexpect, std::move(error)} {}
};

// Unwraps `expr` into `decl`, or hands its Error to the caller; the VOID form is for Result<void>,
// the CO_ form for coroutines. The only control-flow macros in the tree.
#define TILL_TRY(decl, expr) TILL_TRY_IMPL(TILL_UNIQUE(try_), decl, expr, return)
#define TILL_CO_TRY(decl, expr) TILL_TRY_IMPL(TILL_UNIQUE(try_), decl, expr, co_return)
#define TILL_TRY_VOID(expr) TILL_TRY_VOID_IMPL(TILL_UNIQUE(try_), expr, return)
#define TILL_CO_TRY_VOID(expr) TILL_TRY_VOID_IMPL(TILL_UNIQUE(try_), expr, co_return)
#define TILL_TRY_IMPL(tmp, decl, expr, leave) \
    auto tmp = (expr);                        \
    if (!tmp) [[unlikely]]                    \
        leave std::move(tmp).error();         \
    decl = *std::move(tmp)
#define TILL_TRY_VOID_IMPL(tmp, expr, leave)  \
    if (auto tmp = (expr); !tmp) [[unlikely]] \
    leave std::move(tmp).error()
#define TILL_UNIQUE(prefix) TILL_CONCAT(prefix, __LINE__)
#define TILL_CONCAT(a, b) TILL_CONCAT_IMPL(a, b)
#define TILL_CONCAT_IMPL(a, b) a##b

}  // namespace till

#pragma once

namespace till {

/// One lambda for each alternative of a variant: `std::visit(Match{[](const A&) {…}, …}, v)`.
template <class... Fs>
struct Match : Fs... {
    using Fs::operator()...;
};

}  // namespace till

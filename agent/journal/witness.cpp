#include "agent/journal/witness.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace till {

namespace {

constexpr std::size_t digits = 20;  // Of any 64-bit number; then a line feed.

}  // namespace

Witness::Witness(const std::filesystem::path& journal)
    : file_{::open(file_of(journal).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)} {}

Witness::Witness(Witness&& other) noexcept : file_{std::exchange(other.file_, -1)} {}

Witness& Witness::operator=(Witness&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

Witness::~Witness() {
    if (file_ >= 0) ::close(file_);
}

std::filesystem::path Witness::file_of(const std::filesystem::path& journal) {
    return journal.string() + ".head";
}

std::optional<Seq> Witness::seen(const std::filesystem::path& journal) {
    const int file = ::open(file_of(journal).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, digits + 1> text{};
    const auto got = ::pread(file, text.data(), text.size(), 0);
    ::close(file);
    std::uint64_t seq = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + digits, seq);
    const bool whole = got == static_cast<ssize_t>(text.size()) && text.back() == '\n';
    if (!whole || failed != std::errc{} || end != text.data() + digits) return std::nullopt;
    return Seq{seq};
}

void Witness::note(Seq head) const {
    if (file_ < 0) return;
    std::array<char, digits + 2> text{};
    std::snprintf(text.data(), text.size(), "%020llu\n",
                  static_cast<unsigned long long>(head.value()));
    // What is not written down is not missed: the database is what counts.
    [[maybe_unused]] const auto written = ::pwrite(file_, text.data(), digits + 1, 0);
}

}  // namespace till

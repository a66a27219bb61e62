#include "agent/daemon/home.hpp"

#include "agent/core/base64.hpp"
#include "agent/core/hex.hpp"
#include "agent/crypto/system_random.hpp"
#include "agent/daemon/enrolment_file.hpp"
#include "agent/runtime/private_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <sstream>

namespace till {

namespace {

namespace fs = std::filesystem;

Error system_error(const fs::path& path, int code) {
    return Error{Errc::io, path.string() + ": " + std::strerror(code)};
}

/// Not a secret, but nobody else's business either.
Result<void> write_file(const fs::path& file, std::string_view text) {
    return write_private_file(file, Secret{text});
}

Result<std::string> read_file(const fs::path& file) {
    TILL_TRY(const Secret content, read_private_file(file));
    return std::string{content.reveal()};
}

template <class Number>
Result<Number> parse_number(std::string_view text, const fs::path& file) {
    Number number{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size())
        return Error{Errc::corrupt, file.string() + ": \"" + std::string{text} + "\" is no number"};
    return number;
}

Result<Home::Begun> parse_begun(std::string_view line, const fs::path& file) {
    const auto blank = std::min(line.find(' '), line.size());
    TILL_TRY(const auto generation, parse_number<std::uint32_t>(line.substr(0, blank), file));
    const auto journal = Uuid::parse(line.substr(std::min(blank + 1, line.size())));
    if (!journal) return Error{Errc::corrupt, file.string() + ": " + journal.error().detail};
    return Home::Begun{Generation{generation}, JournalId{*journal}};
}

std::string fresh_token() {
    std::array<std::uint8_t, 32> bytes{};
    SystemRandom{}.fill(bytes);
    return base64url(view(bytes));
}

}  // namespace

Result<Home> Home::open(fs::path root) {
    std::error_code failed;
    fs::create_directories(root.has_parent_path() ? root.parent_path() : fs::path{"."}, failed);
    if (::mkdir(root.c_str(), 0700) != 0 && errno != EEXIST) return system_error(root, errno);
    auto lock = FileLock::take(root / "lock");
    if (!lock && lock.error().code == Errc::busy)
        return Error{Errc::busy, "another till-agent is using " + root.string()};
    if (!lock) return std::move(lock).error();
    return Home{std::move(root), *std::move(lock)};
}

bool Home::is_enrolled() const { return fs::exists(root_ / "enrolment.toml"); }

Result<void> Home::save(const sync::Enrolled& enrolled) {
    if (is_enrolled()) return Error{Errc::conflict, root_.string() + " is enrolled already"};
    TILL_TRY(const auto before, begun());
    if (!before.empty() && before.back().generation >= enrolled.enrolment.first_generation)
        return Error{Errc::conflict,
                     root_.string() + " was restored from another lane's backup: its receipt numbers "
                                      "go beyond those of this code; make one for the same lane"};
    if (enrolled.centre_time > WallTime{0})
        TILL_TRY_VOID(save_time_floor({enrolled.centre_time, {}}));
    return save(enrolled.credentials, enrolled.enrolment);
}

Result<void> Home::save(const sync::Credentials& credentials, const sync::Enrolment& enrolment) {
    TILL_TRY_VOID(credentials.save(root_ / "credentials.pem"));
    return write_file(root_ / "enrolment.toml", enrolment_text(enrolment));
}

Result<sync::Credentials> Home::credentials() const {
    return sync::Credentials::load(root_ / "credentials.pem");
}

Result<sync::Enrolment> Home::enrolment() const {
    const auto file = root_ / "enrolment.toml";
    TILL_TRY(const auto text, read_file(file));
    return parse_enrolment(text, file.string());
}

Result<std::vector<Home::Begun>> Home::begun() const {
    const auto file = root_ / "generations";
    std::vector<Begun> all;
    const auto text = read_file(file);
    if (!text && text.error().code == Errc::not_found) return all;
    if (!text) return text.error();
    for (std::string_view rest = *text; !rest.empty();) {
        const auto end = std::min(rest.find('\n'), rest.size());
        TILL_TRY(const auto one, parse_begun(rest.substr(0, end), file));
        all.push_back(one);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return all;
}

Result<Home::Begun> Home::begin_journal(const sync::Enrolment& enrolment, JournalId journal) {
    TILL_TRY(auto all, begun());
    std::uint32_t next = enrolment.first_generation.value();
    for (const auto& one : all) next = std::max(next, one.generation.value() + 1);
    if (next > enrolment.last_generation.value())
        return Error{Errc::out_of_range,
                     "all receipt generations allotted to this device are used ("
                         + std::to_string(enrolment.last_generation.value())
                         + " was the last): enrol it anew, in a new home"};
    all.push_back(Begun{Generation{next}, journal});
    std::string text;
    for (const auto& one : all)
        text += std::to_string(one.generation.value()) + ' ' + one.journal.value().text() + '\n';
    TILL_TRY_VOID(write_file(root_ / "generations", text));
    return all.back();
}

Result<std::vector<Home::Retired>> Home::retired() const {
    const auto file = root_ / "retired";
    std::vector<Retired> all;
    const auto text = read_file(file);
    if (!text && text.error().code == Errc::not_found) return all;
    if (!text) return text.error();
    std::istringstream in{*text};
    for (std::string journal, epoch; in >> journal >> epoch;) {
        const auto id = Uuid::parse(journal);
        auto bytes = unhex(epoch);
        if (!id || !bytes) return Error{Errc::corrupt, file.string() + ": not as it was written"};
        all.push_back({JournalId{*id}, *std::move(bytes)});
    }
    return all;
}

Result<void> Home::save_retired(JournalId journal, const Bytes& store_epoch) {
    TILL_TRY(auto all, retired());
    std::erase_if(all, [&](const Retired& one) { return one.journal == journal; });
    all.push_back({journal, store_epoch});
    std::string text;
    for (const auto& one : all)
        text += one.journal.value().text() + ' ' + hex(one.store_epoch) + '\n';
    return write_file(root_ / "retired", text);
}

fs::path Home::journal_file(Generation generation) const {
    return root_ / ("journal-" + std::to_string(generation.value()) + ".db");
}

Result<void> Home::show_journal(Generation generation) const {
    const auto link = root_ / "journal.db";
    const auto target = journal_file(generation).filename();
    std::error_code failed;
    if (fs::read_symlink(link, failed) == target) return {};
    const auto fresh = root_ / "journal.db.new";
    fs::remove(fresh, failed);
    fs::create_symlink(target, fresh, failed);
    if (!failed) fs::rename(fresh, link, failed);
    if (failed) return system_error(link, failed.value());
    return {};
}

// One fact a line: the floor, then what was heard last: time, boot, time since that boot.
Result<sync::TimeFloor::State> Home::time_floor() const {
    const auto file = root_ / "time-floor";
    const auto text = read_file(file);
    if (!text && text.error().code == Errc::not_found) return sync::TimeFloor::State{};
    if (!text) return text.error();
    std::istringstream lines{*text};
    std::string floor;
    std::string time;
    std::string boot;
    std::string since_boot;
    lines >> floor >> time >> boot >> since_boot;
    TILL_TRY(const auto floor_ms, parse_number<std::int64_t>(floor, file));
    if (time.empty()) return sync::TimeFloor::State{WallTime{floor_ms}, {}};
    TILL_TRY(const auto time_ms, parse_number<std::int64_t>(time, file));
    const auto boot_id = Uuid::parse(boot);
    if (!boot_id) return Error{Errc::corrupt, file.string() + ": " + boot_id.error().detail};
    TILL_TRY(const auto boot_ms, parse_number<std::uint64_t>(since_boot, file));
    return sync::TimeFloor::State{
        WallTime{floor_ms},
        sync::TimeFloor::Heard{WallTime{time_ms}, BootId{*boot_id}, BootTime{boot_ms}}};
}

Result<void> Home::save_time_floor(const sync::TimeFloor::State& state) {
    auto text = fmt::format("{}\n", state.floor.value());
    if (const auto& heard = state.heard)
        text += fmt::format("{}\n{}\n{}\n", heard->time.value(), heard->boot.value().text(),
                            heard->since_boot.value());
    return write_file(root_ / "time-floor", text);
}

Result<Secret> Home::secret(std::string_view name, const Secret& fresh) const {
    const auto file = root_ / name;
    auto known = read_private_file(file);
    if (known || known.error().code != Errc::not_found) return known;
    TILL_TRY_VOID(write_private_file(file, fresh));
    return read_private_file(file);
}

Result<Secret> Home::token(std::string_view role) {
    TILL_TRY(const Secret line, secret("token-" + std::string{role}, Secret{fresh_token() + '\n'}));
    const auto text = line.reveal();
    return Secret{text.substr(0, text.find_first_of(" \r\n"))};
}

Result<Secret> Home::key(std::string_view name) const {
    TILL_TRY(Secret key, secret(name, make_key()));
    if (key.reveal().size() != 32)
        return Error{Errc::corrupt, (root_ / name).string() + " is not 32 bytes long"};
    return key;
}

Result<Secret> Home::drop_key() { return key("drop-key"); }

Result<Secret> Home::customers_key() { return key("customers-key"); }

void Home::forget_customers_key() const {
    std::error_code ignored;
    fs::remove(root_ / "customers-key", ignored);
}

Result<void> Home::save_port(std::uint16_t port) const {
    return write_file(root_ / "http.port", std::to_string(port) + '\n');
}

void Home::remove_port() const {
    std::error_code ignored;
    fs::remove(root_ / "http.port", ignored);
}

}  // namespace till

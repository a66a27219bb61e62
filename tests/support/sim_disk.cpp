#include "tests/support/sim_disk_state.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace till {

using sim::File;
using sim::FilePtr;
using sim::Unsynced;

namespace {

void overwrite(std::string& in, std::uint64_t at, std::string_view bytes) {
    if (in.size() < at + bytes.size()) in.resize(at + bytes.size(), '\0');
    std::memcpy(in.data() + at, bytes.data(), bytes.size());
}

void apply(std::string& platter, const Unsynced& change) {
    if (change.truncation)
        platter.resize(change.at, '\0');
    else
        overwrite(platter, change.at, change.bytes);
}

// Sectors are where the disk begins a new one, not where the write does.
template <class Visit>
void each_sector(const Unsynced& write, Visit&& visit) {
    for (std::size_t from = 0; from < write.bytes.size();) {
        const std::size_t room = sim::sector - (write.at + from) % sim::sector;
        const std::size_t size = std::min(room, write.bytes.size() - from);
        visit(Unsynced{write.at + from, write.bytes.substr(from, size)});
        from += size;
    }
}

// What can become of unsynced writes; drawn anew for each file at each cut.
enum Style { none_kept, all_kept, some_writes, some_sectors, up_to_a_torn_one, styles };

}  // namespace

std::optional<SimDisk::Fault> SimDisk::State::meet(Op op, std::string_view file) {
    ++asked[static_cast<std::size_t>(op)];
    if (!plan || std::ranges::find(plan->ops, op) == plan->ops.end()) return std::nullopt;
    if (!file.ends_with(plan->file)) return std::nullopt;
    if (plan->nth > 0 && --plan->nth > 0) return std::nullopt;
    if (happened && !plan->for_ever) return std::nullopt;
    happened = true;
    return plan->fault;
}

FilePtr SimDisk::State::find(std::string_view file) const {
    const auto found = names.find(file);
    return found == names.end() ? nullptr : found->second;
}

FilePtr SimDisk::State::make(const std::string& file) {
    FilePtr made = std::make_shared<File>();
    if (file.empty()) return made;  // A temporary file has no name.
    names.insert_or_assign(file, made);
    name_changes.emplace_back(file, made);
    return made;
}

bool SimDisk::State::remove(std::string_view file) {
    const auto found = names.find(file);
    if (found == names.end()) return false;
    name_changes.emplace_back(found->first, nullptr);
    names.erase(found);
    return true;
}

void SimDisk::State::sync_names() {
    if (lies) return;
    synced_names = names;
    name_changes.clear();
}

void SimDisk::State::sync_name(const FilePtr& file) {
    if (lies) return;
    const auto is_it = [&](const auto& change) { return change.second == file; };
    const auto last = std::find_if(name_changes.rbegin(), name_changes.rend(), is_it).base();
    for (auto at = name_changes.begin(); at != last; ++at) apply_name(*at);
    name_changes.erase(name_changes.begin(), last);
}

void SimDisk::State::apply_name(const std::pair<std::string, FilePtr>& change) {
    if (change.second == nullptr)
        synced_names.erase(change.first);
    else
        synced_names.insert_or_assign(change.first, change.second);
}

void SimDisk::State::write(File& file, std::uint64_t at, std::string_view bytes, bool misdirected) {
    overwrite(file.cached, at, bytes);
    written += bytes.size();
    const std::uint64_t sectors = file.cached.size() / sim::sector;
    const std::uint64_t lands = misdirected ? below(sectors) * sim::sector : at;
    file.unsynced.push_back({lands, std::string{bytes}});
}

void SimDisk::State::truncate(File& file, std::uint64_t size) {
    file.cached.resize(size, '\0');
    file.unsynced.push_back({size, {}, true});
}

void SimDisk::State::sync(File& file) {
    if (lies) return;
    for (const Unsynced& change : file.unsynced) apply(file.platter, change);
    file.unsynced.clear();
}

// As Linux does it: pages that could not be written count as clean afterwards.
void SimDisk::State::fail_sync(File& file) { settle(file, static_cast<int>(below(styles))); }

std::uint64_t SimDisk::State::used() const {
    std::uint64_t sum = 0;
    for (const auto& [path, file] : names) sum += file->cached.size();
    return sum;
}

void SimDisk::State::settle(File& file, int style) {
    const std::uint64_t reached = below(file.unsynced.size() + 1);
    std::uint64_t at = 0;
    for (const Unsynced& change : file.unsynced) {
        const std::uint64_t position = at++;
        const bool whole = style == all_kept || (style == up_to_a_torn_one && position < reached)
                           || (style == some_writes && below(2) == 0)
                           || (style == some_sectors && change.truncation && below(2) == 0);
        if (whole) apply(file.platter, change);
        const bool torn =
            style == some_sectors || (style == up_to_a_torn_one && position == reached);
        if (whole || !torn || change.truncation) continue;
        each_sector(change, [&](const Unsynced& part) {
            if (below(2) == 0) apply(file.platter, part);
        });
    }
    file.unsynced.clear();
}

// A file system keeps its own changes in order: some of the latest are missing.
void SimDisk::State::settle_names(Cut cut) {
    std::size_t kept = cut == Cut::keep_all ? name_changes.size() : 0;
    if (cut == Cut::seeded) kept = below(name_changes.size() + 1);
    for (const auto& change : std::span{name_changes}.first(kept)) apply_name(change);
    name_changes.clear();
    names = synced_names;
}

void SimDisk::State::end_life() {
    ++life;
    for (const auto& [path, file] : names) {
        file->handles.clear();
        file->shared_memory.reset();
    }
}

bool SimDisk::State::strike(Fault fault) {
    if (fault == Fault::kill) end_life();
    if (fault == Fault::power_cut) cut(plan->cut);
    return fault == Fault::kill || fault == Fault::power_cut;
}

void SimDisk::State::cut(Cut cut) {
    on = false;
    end_life();
    settle_names(cut);
    for (const auto& [path, file] : names) {
        int style = cut == Cut::keep_all ? all_kept : none_kept;
        if (cut == Cut::seeded) style = static_cast<int>(below(styles));
        settle(*file, style);
        file->cached = file->platter;
    }
}

SimDisk::SimDisk(std::string name, std::uint64_t seed)
    : state_{std::make_unique<State>(std::move(name), seed)} {
    sim::register_vfs(*state_);
}
SimDisk::~SimDisk() { sim::unregister_vfs(*state_); }

const std::string& SimDisk::name() const { return state_->name; }

void SimDisk::arm(Plan plan) {
    const std::lock_guard lock{state_->mutex};
    state_->plan = std::move(plan);
    state_->happened = false;
}

bool SimDisk::disarm() {
    const std::lock_guard lock{state_->mutex};
    state_->plan.reset();
    return std::exchange(state_->happened, false);
}

std::uint64_t SimDisk::done(Op op) const {
    const std::lock_guard lock{state_->mutex};
    return state_->asked[static_cast<std::size_t>(op)];
}

void SimDisk::power_cut(Cut cut) {
    const std::lock_guard lock{state_->mutex};
    if (state_->on) state_->cut(cut);
}

void SimDisk::power_on() {
    const std::lock_guard lock{state_->mutex};
    state_->on = true;
}

bool SimDisk::is_on() const {
    const std::lock_guard lock{state_->mutex};
    return state_->on;
}

std::uint64_t SimDisk::life() const {
    const std::lock_guard lock{state_->mutex};
    return state_->life;
}

void SimDisk::kill() {
    const std::lock_guard lock{state_->mutex};
    state_->end_life();
}

void SimDisk::lie_about_sync(bool lies) { state_->lies = lies; }
void SimDisk::capacity(std::uint64_t bytes) { state_->capacity = bytes; }
std::uint64_t SimDisk::used() const { return state_->used(); }
std::uint64_t SimDisk::bytes_written() const { return state_->written; }
void SimDisk::set_time(std::int64_t unix_ms) { state_->now_ms = unix_ms; }

bool SimDisk::exists(std::string_view file) const { return state_->find(file) != nullptr; }

std::vector<std::string> SimDisk::files() const {
    std::vector<std::string> found;
    for (const auto& [name, file] : state_->names) found.push_back(name);
    return found;
}

std::string SimDisk::contents(std::string_view file) const {
    const FilePtr found = state_->find(file);
    return found ? found->cached : std::string{};
}

void SimDisk::put(std::string_view file, std::string contents) {
    FilePtr found = state_->find(file);
    if (!found) found = state_->make(std::string{file});
    found->unsynced.clear();
    found->cached = found->platter = std::move(contents);
    state_->sync_names();
}

void SimDisk::rename(const std::string& from, const std::string& to) {
    const FilePtr found = state_->find(from);
    if (!found) return;
    state_->remove(from);
    state_->names.insert_or_assign(to, found);
    state_->name_changes.emplace_back(to, found);
}

void SimDisk::remove(std::string_view file) { state_->remove(file); }
void SimDisk::sync_names() { state_->sync_names(); }

void SimDisk::flip_bit(std::string_view file, std::uint64_t bit) {
    const FilePtr found = state_->find(file);
    if (!found) return;
    for (std::string* bytes : {&found->cached, &found->platter})
        if (bit / 8 < bytes->size()) (*bytes)[bit / 8] ^= static_cast<char>(1U << (bit % 8));
}

SimDisk::Image SimDisk::image() const {
    Image image;
    for (const auto& [name, file] : state_->names) image.emplace(name, file->cached);
    return image;
}

void SimDisk::replace(const Image& image) {
    state_->end_life();
    state_->names.clear();
    for (const auto& [name, bytes] : image) put(name, bytes);
    state_->name_changes.clear();
    state_->synced_names = state_->names;
}

}  // namespace till

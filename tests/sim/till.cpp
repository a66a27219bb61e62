#include "tests/sim/till.hpp"

#include <algorithm>

namespace till::sim {

namespace {

constexpr const char* folder = "/sim/";

Uuid random_uuid(Schedule& schedule) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(schedule.below(256));
    return Uuid::from_random(bytes);
}

}  // namespace

Till::Till(Schedule& schedule, Book& book, Exchange& centre, Mutant mutant, int number)
    : Machine{schedule, "till-" + std::to_string(number), mutant == Mutant::till_skips_fsync},
      book_{book},
      centre_{centre},
      mutant_{mutant},
      number_{number},
      prefix_{"12-" + std::to_string(number)},
      device_{random_uuid(schedule)},
      lets_go_{schedule.one_in(2)} {}

Till::Till(const Till& other, int number)
    : Machine{other.schedule_, "till-" + std::to_string(number),
              other.mutant_ == Mutant::till_skips_fsync},
      book_{other.book_},
      centre_{other.centre_},
      mutant_{other.mutant_},
      number_{number},
      prefix_{other.prefix_},
      device_{other.device_},
      begun_{other.begun_},
      retired_{other.retired_},
      damaged_{other.damaged_},
      lets_go_{other.lets_go_} {
    disk_.replace(other.disk_.image());
    book_.allow_same_numbers(other.number_);
    book_.allow_same_numbers(number_);
}

Till::~Till() = default;

std::string Till::file(Generation generation) {
    return folder + ("journal-" + std::to_string(generation.value())) + ".db";
}

void Till::break_disk(SimDisk::Plan plan) {
    reads_failed_ |= std::ranges::find(plan.ops, SimDisk::Op::read) != plan.ops.end();
    hurt_ |= plan.fault == SimDisk::Fault::misdirected;
    if (hurt_) book_.allow_same_numbers(number_);
    if (plan.fault == SimDisk::Fault::misdirected)
        for (const auto& one : begun_) book_.set_back(number_, one.journal, Seq{0});
    Machine::break_disk(std::move(plan));
}

void Till::cut_connections(bool with_notice) {
    for (auto& journal : open_) hang_up(*journal, with_notice);
}

void Till::partition(std::uint64_t milliseconds, bool loses) {
    for (auto& journal : open_) {
        if (!journal->wire) continue;
        journal->wire->dead_until = schedule_.now() + milliseconds;
        journal->wire->loses = loses;
    }
}

void Till::copy_disk() {
    if (!is_running() || !current().disk->peek()) return;
    copy_ = Copy{disk_.image(), begun_, current().disk->peek()->head().seq};
}

bool Till::set_back() {
    if (!copy_ || copy_->begun.size() != begun_.size()) return false;
    ++schedule_.counts.faults;
    tell("has an older disk again, up to event " + std::to_string(copy_->head.value()));
    book_.set_back(number_, begun_.back().journal, copy_->head);
    book_.allow_same_numbers(number_);
    disk_.replace(copy_->image);
    copy_.reset();
    fell();
    return true;
}

void Till::run() {
    tell("runs, journal " + begun_.back().journal.value().text().substr(0, 8) + " of generation "
         + std::to_string(begun_.back().generation.value()) + ", head "
         + std::to_string(current().disk->peek()->head().seq.value()));
    check_disk();
    if (is_running()) serve();
}

/// As agent/daemon's journals.cpp: the newest is written to, the older ones are asked for keys.
bool Till::open_all() {
    open_.clear();
    if (begun_.empty() || !disk_.exists(file(begun_.back().generation)))
        if (!begin_journal()) return false;
    std::vector<std::filesystem::path> earlier;
    for (std::size_t i = 0; i < begun_.size(); ++i) {
        const auto one = begun_[i];
        const auto name = file(one.generation);
        if (!disk_.exists(name) || std::ranges::find(damaged_, one.journal) != damaged_.end())
            continue;
        JournalCore::Options options{.file = name, .vfs = disk_.name(), .milestones = {}};
        if (i + 1 == begun_.size()) options.earlier = earlier;
        auto opened = on_disk([&] { return JournalCore::open(options, clock_); });
        if (!opened) return false;
        if (!*opened && opened->error().code == Errc::corrupt) {
            schedule_.tell("a damaged journal: " + opened->error().detail);
            damaged_.push_back(one.journal);
            book_.set_back(number_, one.journal, Seq{0});
            if (i + 1 == begun_.size() && !begin_journal()) return false;
            continue;
        }
        if (!*opened) return false;
        auto identity = (*opened)->identity();
        open_.push_back(std::make_unique<Open>(Open{
            std::move(identity),
            std::make_unique<detail::Committer>(std::move(**opened), std::move(options), clock_)}));
        note_let_go(*open_.back());
        earlier.emplace_back(name);
    }
    return true;
}

bool Till::begin_journal() {
    const Begun next{Generation{begun_.empty() ? 1 : begun_.back().generation.value() + 1},
                     JournalId{random_uuid(schedule_)}};
    JournalIdentity identity{.journal = next.journal,
                             .device = device_,
                             .receipt_prefix = prefix_,
                             .generation = next.generation};
    if (!begun_.empty()) identity.predecessor = begun_.back().journal;
    begun_.push_back(next);
    const std::string name = file(next.generation), draft = name + ".new";
    for (const auto* part : {"", "-wal", "-shm"}) disk_.remove(draft + part);
    const auto made = on_disk([&]() -> Result<void> {
        TILL_TRY(auto core,
                 JournalCore::create({.file = draft, .vfs = disk_.name()}, identity, clock_));
        return core.secure();
    });
    if (!made || !*made) return false;
    disk_.rename(draft, name);
    disk_.sync_names();
    tell("begins journal " + next.journal.value().text().substr(0, 8));
    return true;
}

void Till::serve() {
    later(schedule_.between(20, 1'500), [this] {
        if (selling_ || has_open_requests()) capture();
        if (is_running()) serve();
    });
    if (schedule_.one_in(2)) return;
    later(schedule_.below(1'000), [this] {
        for (std::size_t i = 0; is_running() && i < open_.size(); ++i) {
            feed(*open_[i], sync::Tick{clock_.now()});
            if (is_running()) dial(*open_[i]);
        }
        if (!is_running() || !schedule_.one_in(3)) return;
        on_disk([&] { return current().disk->maintain(), 0; });
        if (is_running()) note_let_go(current());
    });
}

}  // namespace till::sim

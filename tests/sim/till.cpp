#include "tests/sim/till.hpp"

#include "agent/core/match.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/journal/journal_reader.hpp"
#include "tests/support/events.hpp"

#include <algorithm>

namespace till::sim {

using sync::UplinkSession;

namespace {

constexpr const char* caller = "pos";
constexpr const char* folder = "/sim/";

Uuid random_uuid(Schedule& schedule) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(schedule.below(256));
    return Uuid::from_random(bytes);
}

}  // namespace

Till::Till(Schedule& schedule, Book& book, Exchange& centre, Mutant mutant, int number)
    : schedule_{schedule},
      book_{book},
      centre_{centre},
      mutant_{mutant},
      number_{number},
      prefix_{"12-" + std::to_string(number)},
      device_{random_uuid(schedule)},
      disk_{"till-" + std::to_string(number), schedule.engine()()},
      clock_{schedule} {
    disk_.lie_about_sync(mutant == Mutant::till_skips_fsync);
}

Till::Till(const Till& other, int number)
    : schedule_{other.schedule_},
      book_{other.book_},
      centre_{other.centre_},
      mutant_{other.mutant_},
      number_{number},
      prefix_{other.prefix_},
      device_{other.device_},
      disk_{"till-" + std::to_string(number), schedule_.engine()()},
      clock_{schedule_},
      begun_{other.begun_},
      retired_{other.retired_},
      damaged_{other.damaged_} {
    disk_.replace(other.disk_.image());
    book_.allow_same_numbers(other.number_);
    book_.allow_same_numbers(number_);
}

Till::~Till() = default;

std::string Till::file(Generation generation) {
    return folder + ("journal-" + std::to_string(generation.value())) + ".db";
}

/// What the machine did not live to see happened to nobody.
template <class F>
auto Till::on_disk(F f) -> std::optional<decltype(f())> {
    const auto life = disk_.life();
    auto result = f();
    if (disk_.life() == life && disk_.is_on()) return std::optional{std::move(result)};
    fell();
    return std::nullopt;
}

void Till::later(std::uint64_t milliseconds, std::function<void()> what) {
    schedule_.after(milliseconds, [this, run = run_, what = std::move(what)] {
        if (run == run_ && running_) what();
    });
}

void Till::fell() {
    if (running_) schedule_.tell("till " + std::to_string(number_) + " falls");
    const bool power = !disk_.is_on();
    for (auto& journal : open_) hang_up(*journal, !power);
    running_ = false;
    ++run_;
    schedule_.after(schedule_.between(500, 20'000), [this, run = run_] {
        if (run == run_) start();
    });
}

void Till::fall(SimDisk::Fault how) {
    if (!running_) return;
    ++schedule_.counts.cuts;
    how == SimDisk::Fault::power_cut ? disk_.power_cut() : disk_.kill();
    fell();
}

void Till::break_disk(SimDisk::Plan plan) {
    const bool cut = plan.fault == SimDisk::Fault::power_cut || plan.fault == SimDisk::Fault::kill;
    ++(cut ? schedule_.counts.cuts : schedule_.counts.faults);
    reads_failed_ |= std::ranges::find(plan.ops, SimDisk::Op::read) != plan.ops.end();
    hurt_ |= plan.fault == SimDisk::Fault::misdirected;
    if (hurt_) book_.allow_same_numbers(number_);
    if (plan.fault == SimDisk::Fault::misdirected)
        for (const auto& one : begun_) book_.set_back(number_, one.journal, Seq{0});
    disk_.arm(std::move(plan));
}

void Till::heal() {
    disk_.disarm();
    disk_.capacity(0);
}

void Till::fill_disk() {
    ++schedule_.counts.faults;
    disk_.capacity(disk_.used() + schedule_.below(40'000));
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
    if (!running_ || !current().disk->peek()) return;
    copy_ = Copy{disk_.image(), begun_, current().disk->peek()->head().seq};
}

bool Till::set_back() {
    if (!copy_ || copy_->begun.size() != begun_.size()) return false;
    ++schedule_.counts.faults;
    schedule_.tell("till " + std::to_string(number_) + " has an older disk again, up to event "
                   + std::to_string(copy_->head.value()));
    book_.set_back(number_, begun_.back().journal, copy_->head);
    book_.allow_same_numbers(number_);
    disk_.replace(copy_->image);
    copy_.reset();
    fell();
    return true;
}

void Till::start() {
    if (running_) return;
    if (!disk_.is_on()) {
        disk_.power_on();
        clock_.reboot();
    }
    open_.clear();
    running_ = true;
    ++run_;
    if (!open_all()) {
        if (!running_) return;  // It fell again, and comes back by itself.
        running_ = false;
        schedule_.after(2'000, [this, run = run_] {
            if (run == run_) start();
        });
        return;
    }
    schedule_.tell("till " + std::to_string(number_) + " runs, journal "
                   + begun_.back().journal.value().text().substr(0, 8) + " of generation "
                   + std::to_string(begun_.back().generation.value()) + ", head "
                   + std::to_string(current().disk->peek()->head().seq.value()));
    check_disk();
    if (running_) serve();
}

/// As agent/daemon's journals.cpp: the newest is written to, the older ones are asked for keys.
bool Till::open_all() {
    if (begun_.empty() || !disk_.exists(file(begun_.back().generation)))
        if (!begin_journal()) return false;
    std::vector<std::filesystem::path> earlier;
    for (std::size_t i = 0; i < begun_.size(); ++i) {
        const auto one = begun_[i];
        const auto name = file(one.generation);
        if (!disk_.exists(name) || std::ranges::find(damaged_, one.journal) != damaged_.end())
            continue;
        JournalCore::Options options{.file = name, .vfs = disk_.name()};
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
    schedule_.tell("till " + std::to_string(number_) + " begins journal "
                   + next.journal.value().text().substr(0, 8));
    return true;
}

void Till::serve() {
    later(schedule_.between(20, 1'500), [this] {
        if (selling_ || has_open_requests()) capture();
        if (running_) serve();
    });
    if (schedule_.one_in(2)) return;
    later(schedule_.below(1'000), [this] {
        for (std::size_t i = 0; running_ && i < open_.size(); ++i) {
            feed(*open_[i], sync::Tick{clock_.now()});
            if (running_) dial(*open_[i]);
        }
        if (running_ && schedule_.one_in(3)) on_disk([&] { return current().disk->maintain(), 0; });
    });
}

Draft Till::draft_of(const Request& request, int attempt) const {
    auto event = sync::sale_of("", request.price, 1, prefix_.substr(3));
    event.clear_numbers();
    event.mutable_retail_transaction()->set_order_id(request.key);
    std::string key = request.key;
    if (mutant_ == Mutant::dedup_dropped) key += "#" + std::to_string(attempt);
    const Digest hash = sha256(std::to_string(request.price));
    event.mutable_origin()->set_caller(caller);
    event.mutable_origin()->set_key(key);
    event.mutable_origin()->set_request_hash(Bytes{view(hash).substr(0, 16)});
    Draft draft{.kind = sync::Kind{100},
                .body = event.SerializeAsString(),
                .sealed = {},
                .caller = caller,
                .key = std::move(key),
                .request_hash = event.origin().request_hash(),
                .numbering = Numbering::receipt,
                .state_after = {}};
    return draft;
}

bool Till::has_open_requests() const {
    return std::ranges::any_of(book_.requests(), [&](const Request& request) {
        return request.till == number_ && request.open;
    });
}

std::vector<Request*> Till::wanted() {
    std::vector<Request*> some;
    for (Request& request : book_.requests()) {
        if (request.till != number_) continue;
        if (request.open ? schedule_.one_in(2) : schedule_.one_in(30)) some.push_back(&request);
        if (some.size() == 8) break;
    }
    if (!selling_) return some;
    for (auto fresh = schedule_.between(1, 3); fresh-- > 0;)
        some.push_back(&book_.ask(number_,
                                  "t" + std::to_string(number_) + "-" + std::to_string(++asked_),
                                  static_cast<std::int64_t>(schedule_.between(1, 9'999))));
    return some;
}

void Till::capture() {
    auto requests = wanted();
    if (requests.empty()) return;
    std::vector<Draft> drafts;
    for (const Request* request : requests)
        drafts.push_back(draft_of(*request, static_cast<int>(schedule_.now())));
    auto results = on_disk([&] { return current().disk->commit(drafts); });
    if (!results) return;
    for (std::size_t i = 0; running_ && i < requests.size(); ++i)
        answer(*requests[i], (*results)[i]);
    if (!running_) return;
    if (current().disk->damaged()) return set_aside_current("seen while selling");
    if (schedule_.one_in(10)) ask_otherwise(*requests[schedule_.below(requests.size())]);
    if (!running_) return;
    if (const auto* core = current().disk->peek()) {
        const Head head = core->head();
        feed(current(), UplinkSession::Grown{{head.seq, head.hash}, clock_.now()});
    }
}

void Till::answer(Request& request, const Result<Stored>& result) {
    schedule_.note(result ? result->seq.value()
                          : 1'000'000 + static_cast<std::uint64_t>(result.error().code));
    if (!result) {
        const bool unknown = result.error().code == Errc::outcome_unknown;
        if (result.error().code == Errc::conflict)
            throw Broken{"request " + request.key + " is called a conflict with itself"};
        request.denied = !unknown || mutant_ == Mutant::unknown_as_failed;
        return;
    }
    for (auto& journal : open_) {
        if (journal->identity.journal != result->journal) continue;
        auto* core = journal->disk->ready();
        if (core == nullptr) return;  // The answer is lost on its way: it will be asked again.
        const auto hash = on_disk([&] { return core->hash_at(result->seq); });
        if (!hash || !*hash) return;
        ++schedule_.counts.events;
        return book_.stored(request, {.journal = result->journal,
                                      .seq = result->seq,
                                      .receipt = result->receipt_number,
                                      .hash = **hash,
                                      .off_disk = hurt_,
                                      .reads_failed = reads_failed_});
    }
}

/// The same key with another content: a conflict, or a replay of nothing.
void Till::ask_otherwise(Request& request) {
    const bool known = !request.given.empty() && !request.given.back().off_disk;
    if (!known) return;
    Request other = request;
    other.price += 1;
    const std::vector<Draft> drafts{draft_of(other, 0)};
    const auto results = on_disk([&] { return current().disk->commit(drafts); });
    if (results && (*results)[0] && mutant_ != Mutant::dedup_dropped)
        throw Broken{"request " + request.key + " was stored with two contents"};
}

void Till::dial(Open& journal) {
    if (journal.session || is_finished(journal) || schedule_.one_in(3)) return;
    auto* core = journal.disk->ready();
    if (core == nullptr) return;
    auto wire = centre_.dial(device_, journal.identity.journal);
    if (!wire) return;
    const Head head = core->head();
    auto acknowledged = core->acknowledged();
    UplinkSession::Options said{.journal = journal.identity.journal,
                                .device = device_,
                                .predecessor = journal.identity.predecessor,
                                .generation = journal.identity.generation,
                                .store = "12",
                                .workstation = prefix_.substr(3),
                                .agent_version = "sim",
                                .head = {head.seq, head.hash},
                                .acknowledged = acknowledged.seq,
                                .store_epoch = std::move(acknowledged.store_epoch)};
    journal.session.emplace(std::move(said));
    journal.wire = wire;
    wire->till.receive = [this, run = run_, &journal](Bytes message) {
        if (run == run_) feed(journal, sync::Received{std::move(message), clock_.now()});
    };
    wire->till.closed = [this, run = run_, &journal, mine = wire.get()] {
        if (run == run_ && journal.wire.get() == mine) hang_up(journal, false);
    };
    feed(journal, UplinkSession::Connected{clock_.now()});
}

void Till::hang_up(Open& journal, bool with_notice) {
    if (journal.wire) close(schedule_, journal.wire, journal.wire->till, with_notice);
    journal.wire.reset();
    journal.session.reset();
}

void Till::feed(Open& journal, UplinkSession::Event event) {
    if (!running_ || !journal.session) return;
    for (auto& action : journal.session->on(std::move(event))) {
        if (!running_) return;
        perform(journal, action);
    }
}

void Till::perform(Open& journal, UplinkSession::Action& action) {
    const auto read = [this, &journal](auto ask, auto answer) {
        later(schedule_.below(4), [this, &journal, ask, answer] {
            if (!journal.session) return;
            auto* core = journal.disk->ready();
            if (core == nullptr) return hang_up(journal, true);
            auto found = on_disk([&] { return ask(*core); });
            if (!found) return;
            if (!*found && found->error().code == Errc::corrupt) {
                if (&journal == &current()) return set_aside_current(found->error().detail);
                damaged_.push_back(journal.identity.journal);
                book_.set_back(number_, journal.identity.journal, Seq{0});
                return hang_up(journal, true);
            }
            feed(journal, answer(*std::move(found)));
        });
    };
    std::visit(
        Match{[&](sync::Send& send) {
                  if (journal.wire)
                      sim::send(schedule_, journal.wire, journal.wire->centre,
                                std::move(send.message));
              },
              [&](sync::Hangup& hangup) {
                  if (hangup.reason == sync::Reason::violation)
                      throw Broken{"the till calls a violation: " + hangup.detail};
                  schedule_.tell("till " + std::to_string(number_) + " hangs up: " + hangup.detail);
                  hang_up(journal, true);
              },
              [&](UplinkSession::ReadRecords& wanted) {
                  read(
                      [wanted](JournalCore& core) {
                          return core.read(wanted.from, wanted.bytes_max, wanted.records_max);
                      },
                      [this](auto found) {
                          return UplinkSession::RecordsRead{std::move(found), clock_.now()};
                      });
              },
              [&](UplinkSession::ReadHash& wanted) {
                  read([wanted](JournalCore& core) { return core.hash_at(wanted.at); },
                       [this](auto found) {
                           return UplinkSession::HashRead{std::move(found), clock_.now()};
                       });
              },
              [&](UplinkSession::Acknowledge& wanted) { acknowledge(journal, wanted); },
              [&](UplinkSession::Forked&) { fork(journal); },
              [&](UplinkSession::Retired& retired) {
                  retired_[journal.identity.journal] = retired.store_epoch;
              },
              [](auto&) {}},
        action);
}

void Till::acknowledge(Open& journal, const UplinkSession::Acknowledge& action) {
    auto* core = journal.disk->ready();
    if (core == nullptr) return;
    const auto hash = on_disk([&] { return core->hash_at(action.seq); });
    if (!hash || !*hash) return;
    if (action.store_epoch == centre_.epoch()) {
        if (!centre_.has(journal.identity.journal, action.seq, **hash))
            throw Broken{"event " + std::to_string(action.seq.value()) + " of journal "
                         + journal.identity.journal.value().text().substr(0, 8)
                         + " was acknowledged and is not stored"};
        book_.acknowledged(journal.identity.journal, action.seq, **hash, action.store_epoch);
    }
    const bool early = mutant_ == Mutant::outbox_cursor_early;
    const JournalCore::Acknowledged noted{early ? core->head().seq : action.seq,
                                          action.store_epoch};
    schedule_.note(noted.seq.value());
    on_disk([&] { return core->acknowledge(noted); });
}

/// The agent begins a new journal and starts anew behind the same door.
void Till::fork(Open& journal) {
    schedule_.tell("till " + std::to_string(number_) + " has a fork of journal "
                   + journal.identity.journal.value().text().substr(0, 8));
    if (journal.forked || &journal != &current()) return;
    journal.forked = true;
    if (!begin_journal() && !running_) return;
    for (auto& one : open_) hang_up(*one, true);
    running_ = false;
    ++run_;
    schedule_.after(10, [this, run = run_] {
        if (run == run_) start();
    });
}

void Till::set_aside_current(const std::string& why) {
    schedule_.tell("till " + std::to_string(number_) + " sets its journal aside: " + why);
    damaged_.push_back(current().identity.journal);
    book_.set_back(number_, current().identity.journal, Seq{0});
    fork(current());
}

bool Till::is_finished(const Open& journal) const {
    const auto is_damaged = std::ranges::find(damaged_, journal.identity.journal) != damaged_.end();
    const auto retired = retired_.find(journal.identity.journal);
    return is_damaged || (retired != retired_.end() && retired->second == centre_.epoch());
}

bool Till::is_drained() const { return why_not_drained().empty(); }

std::string Till::why_not_drained() const {
    const std::string me = "till " + std::to_string(number_);
    if (!running_) return me + " is not running";
    if (has_open_requests()) return me + " has unanswered requests";
    for (const auto& journal : open_) {
        if (is_finished(*journal)) continue;
        const auto* core = journal->disk->ready();
        if (core == nullptr) return me + " cannot open a journal";
        const auto acknowledged = core->acknowledged();
        if (acknowledged.seq != core->head().seq || acknowledged.store_epoch != centre_.epoch())
            return me + " has not handed over events "
                   + std::to_string(acknowledged.seq.value() + 1) + " to "
                   + std::to_string(core->head().seq.value()) + " of journal "
                   + journal->identity.journal.value().text().substr(0, 8);
    }
    return {};
}

void Till::check_disk() {
    auto* core = current().disk->ready();
    if (core == nullptr) return;
    for (const Request& request : book_.requests()) {
        if (request.till != number_ || (request.given.empty() && !request.denied)) continue;
        if (mutant_ == Mutant::dedup_dropped) break;  // Its keys are not the requests'.
        const auto found = on_disk([&] { return core->find(caller, request.key); });
        if (!found || !*found) return;
        const auto& stored = **found;
        if (request.denied && stored)
            throw Broken{"request " + request.key + " was called not stored, and is"};
        for (const Given& given : request.given) {
            const auto& newest = request.given.back();
            if (given.off_disk || newest.off_disk || newest.reads_failed || hurt_) continue;
            if (!stored || stored->journal != given.journal || stored->seq != given.seq
                || stored->receipt_number != given.receipt)
                throw Broken{
                    "request " + request.key + " was answered with " + text(given)
                    + " and the disk says "
                    + (stored ? "event " + std::to_string(stored->seq.value()) : "nothing")};
        }
    }
    for (const auto& journal : open_) {
        if (!schedule_.one_in(3)) continue;
        const auto walked = on_disk([&]() -> Result<Verification> {
            TILL_TRY(auto reader,
                     JournalReader::open(file(journal->identity.generation), disk_.name()));
            return reader.verify();
        });
        if (!walked || !*walked) return;
        // Another fault may meet this very reading.
        const auto says = (*walked)->summary();
        if (!hurt_ && !(*walked)->problems.empty() && !says.contains("I/O error"))
            throw Broken{"till " + std::to_string(number_) + ": " + says};
    }
}

}  // namespace till::sim

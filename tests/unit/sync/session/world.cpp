#include "tests/unit/sync/session/world.hpp"

#include "agent/core/match.hpp"
#include "sync/wire/chain.hpp"

#include <algorithm>

namespace till::sync::test {

Digest DeviceJournal::hash_at(std::uint64_t seq) const {
    return seq == 0 ? genesis(id) : hashes[seq - 1];
}

void DeviceJournal::append(Envelope record) {
    record.seq = Seq{records.size() + 1};
    hashes.push_back(chain_hash(hash_at(records.size()), id, record));
    records.push_back(std::move(record));
}

World::World(std::uint64_t seed) : engine_{seed} {
    device = DeviceId{*Uuid::from_bytes(random_bytes(16))};
    centre.epoch = random_bytes(16);
    journals.emplace_back().id = JournalId{*Uuid::from_bytes(random_bytes(16))};
    back_up();
    copy_disk();
}

Bytes World::random_bytes(std::size_t count) {
    Bytes bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine_());
    return bytes;
}

Times World::device_now() const {
    return {WallTime{static_cast<std::int64_t>(now_ms_) - 7000}, BootTime{now_ms_},
            BootId{device.value()}};
}
Times World::centre_now() const {
    return {WallTime{static_cast<std::int64_t>(now_ms_)}, BootTime{now_ms_}, BootId{Uuid{}}};
}

void World::capture(std::size_t bytes_max) {
    DeviceJournal& journal = journals.back();
    Envelope record;
    record.kind = Kind{static_cast<std::uint32_t>(below(5000))};
    record.times = device_now();
    record.body = random_bytes(below(bytes_max + 1));
    if (below(3) == 0) record.sealed = random_bytes(67);
    if (below(50) == 0) {
        record.sealed.clear();
        record.erased_sealed = genesis(journal.id);
    }
    journal.append(std::move(record));
    if (Link* link = live(journals.size() - 1)) {
        to_uplink(*link, UplinkSession::Grown{journal.head(), device_now()});
    }
}

World::Link* World::live(std::size_t journal) {
    for (const auto& link : links_) {
        if (link->journal == journal && link->uplink) return link.get();
    }
    return nullptr;
}

void World::connect() {
    for (std::size_t i = 0; i < journals.size(); ++i) {
        const DeviceJournal& journal = journals[i];
        const bool retired = !journal.retired_at.empty() && journal.retired_at == known_epoch;
        if (retired || live(i)) continue;
        Link& link = *links_.emplace_back(std::make_unique<Link>());
        link.journal = i;
        UplinkSession::Options up;
        up.journal = journal.id;
        up.device = device;
        up.predecessor = journal.predecessor;
        up.head = journal.head();
        up.acknowledged = journal.acknowledged;
        up.store_epoch = journal.epoch;
        link.uplink.emplace(std::move(up));
        GatewaySession::Options down;
        down.peer = device;
        down.store_epoch = centre.epoch;
        down.accepted = centre_now();
        link.gateway.emplace(std::move(down));
        to_uplink(link, UplinkSession::Connected{device_now()});
    }
}

void World::cut_device() {
    if (links_.empty()) return;
    Link& link = *links_[below(links_.size())];
    link.uplink.reset();
    link.device_work.clear();
    link.down.clear();
    if (below(3) == 0) link.up.clear();  // What was under way may or may not arrive.
    if (below(2) == 0) connect();        // A second session of the journal, at once.
}

void World::cut_gateway() {
    if (links_.empty()) return;
    Link& link = *links_[below(links_.size())];
    link.gateway.reset();
    link.gateway_work.clear();
    link.up.clear();
    if (below(2) == 0) link.down.clear();
}

void World::lose_all() { links_.clear(); }

void World::restore_centre() {
    links_.clear();
    centre = backup_;
    centre.epoch = random_bytes(16);
}

void World::restore_disk() {
    links_.clear();
    // Which journals are finished is recorded outside of them, as generations are.
    for (std::size_t i = 0; i < disk_.size(); ++i) {
        disk_[i].forked |= journals[i].forked;
        disk_[i].retired_at = journals[i].retired_at;
    }
    for (std::size_t i = disk_.size(); i < journals.size(); ++i) disk_.push_back(journals[i]);
    journals = disk_;
}

void World::to_uplink(Link& link, UplinkSession::Event event) {
    if (!link.uplink) return;
    for (auto& action : link.uplink->on(std::move(event))) perform(link, std::move(action));
}

void World::to_gateway(Link& link, GatewaySession::Event event) {
    if (!link.gateway) return;
    for (auto& action : link.gateway->on(std::move(event))) perform(link, std::move(action));
}

void World::perform(Link& link, UplinkSession::Action action) {
    const std::size_t index = link.journal;
    const auto read = [&, index](const UplinkSession::ReadRecords& ask) {
        const DeviceJournal& from = journals[index];
        std::vector<Envelope> found;
        std::size_t bytes = 0;
        for (std::uint64_t i = ask.from.value(); i < from.records.size(); ++i) {
            bytes += from.records[i].body.size() + from.records[i].sealed.size();
            if (!found.empty() && (bytes > ask.bytes_max || found.size() >= ask.records_max)) break;
            found.push_back(from.records[i]);
        }
        to_uplink(link, UplinkSession::RecordsRead{std::move(found), device_now()});
    };
    const auto acknowledge = [&](const UplinkSession::Acknowledge& ack) {
        DeviceJournal& own = journals[index];
        const auto& stored = centre.journals[own.id];
        const std::uint64_t seq = ack.seq.value();
        if (ack.store_epoch == centre.epoch) {
            const bool is_there = seq <= stored.records.size()
                                  && (seq == 0 || stored.hashes[seq - 1] == own.hash_at(seq));
            if (!is_there) broken.push_back("acknowledged what is not committed");
            if (ack.store_epoch == own.epoch && ack.seq < own.acknowledged) {
                broken.push_back("an ack went back within one epoch");
            }
        }
        own.acknowledged = ack.seq;
        own.epoch = ack.store_epoch;
        ++acks;
    };
    std::visit(Match{
                   [&](Send& send) { link.up.push_back(std::move(send.message)); },
                   [&](Hangup& hangup) {
                       if (hangup.reason == Reason::violation)
                           broken.push_back("uplink: " + hangup.detail);
                       link.device_work.clear();
                       link.uplink.reset();
                   },
                   [&](UplinkSession::ReadRecords& ask) {
                       link.device_work.emplace_back([=] { read(ask); });
                   },
                   [&](UplinkSession::ReadHash& ask) {
                       link.device_work.emplace_back([this, &link, index, ask] {
                           to_uplink(link,
                                     UplinkSession::HashRead{
                                         journals[index].hash_at(ask.at.value()), device_now()});
                       });
                   },
                   [&](UplinkSession::Acknowledge& ack) { acknowledge(ack); },
                   [&](UplinkSession::Forked&) { fork(link); },
                   [&](UplinkSession::Retired& retired) {
                       journals[index].retired_at = retired.store_epoch;
                   },
                   [&](UplinkSession::Welcomed& welcomed) { known_epoch = welcomed.store_epoch; },
                   [](auto&) {},
               },
               action);
}

void World::fork(Link& link) {
    DeviceJournal& old = journals[link.journal];
    if (old.forked) return;
    old.forked = true;
    ++forks;
    DeviceJournal fresh;
    fresh.id = JournalId{*Uuid::from_bytes(random_bytes(16))};
    fresh.predecessor = old.id;
    journals.push_back(std::move(fresh));
}

void World::perform(Link& link, GatewaySession::Action action) {
    std::visit(
        Match{
            [&](Send& send) { link.down.push_back(std::move(send.message)); },
            [&](Hangup& hangup) {
                if (hangup.reason == Reason::violation)
                    broken.push_back("gateway: " + hangup.detail);
                overtaken += hangup.reason == Reason::overtaken ? 1 : 0;
                link.gateway_work.clear();
                link.gateway.reset();
            },
            [&](GatewaySession::Bind& ask) {
                link.gateway_work.emplace_back([this, &link, ask] {
                    to_gateway(link, GatewaySession::Bound{bind(ask.first_hello), centre_now()});
                });
            },
            [&](GatewaySession::Commit& ask) {
                link.gateway_work.emplace_back([this, &link, ask] {
                    to_gateway(link, GatewaySession::Committed{commit(ask.append), centre_now()});
                });
            },
            [&](GatewaySession::KeepBranch& ask) {
                link.gateway_work.emplace_back([this, &link, ask] {
                    keep(ask);
                    to_gateway(link, GatewaySession::BranchKept{1, centre_now()});
                });
            },
            [](auto&) {},
        },
        action);
}

JournalRow World::bind(const JournalRow& hello) {
    CentreJournal& stored = centre.journals[hello.journal];
    stored.device = hello.device;
    JournalRow row = hello;
    row.mark.seq = Seq{stored.records.size()};
    row.mark.hash = stored.hashes.empty() ? genesis(hello.journal) : stored.hashes.back();
    return row;
}

Result<Appended> World::commit(const Append& append) {
    refused += full_ ? 1 : 0;
    if (full_) return Error{Errc::disk_full, "no room"};
    CentreJournal& stored = centre.journals[append.journal];
    const Mark mark{Seq{stored.records.size()},
                    stored.hashes.empty() ? genesis(append.journal) : stored.hashes.back()};
    if (mark.seq != append.expected.seq || mark.hash != append.expected.hash)
        return Appended{false, mark};
    Mark end = mark;
    for (const Envelope& record : append.envelopes) {
        if (record.seq != next(end.seq)) broken.push_back("a commit with a hole");
        end = {record.seq, chain_hash(end.hash, append.journal, record)};
        stored.records.push_back(record);
        stored.hashes.push_back(end.hash);
    }
    if (end.hash != append.result.hash) broken.push_back("a commit whose chain is not computed");
    return Appended{true, end};
}

void World::keep(const GatewaySession::KeepBranch& branch) {
    auto& kept = centre.branches[branch.journal];
    kept.insert(kept.end(), branch.envelopes.begin(), branch.envelopes.end());
}

/// Delivers or performs one thing of `link`; false when there is nothing to do.
bool World::turn(Link& link) {
    const auto pop = [](auto& queue) {
        auto front = std::move(queue.front());
        queue.pop_front();
        return front;
    };
    std::vector<std::function<void()>> choices;
    if (link.uplink && !link.down.empty()) {
        choices.emplace_back([&] { to_uplink(link, Received{pop(link.down), device_now()}); });
    }
    if (link.gateway && !link.up.empty()) {
        choices.emplace_back([&] { to_gateway(link, Received{pop(link.up), centre_now()}); });
    }
    if (!link.device_work.empty()) choices.emplace_back([&] { pop(link.device_work)(); });
    if (!link.gateway_work.empty()) choices.emplace_back([&] { pop(link.gateway_work)(); });
    if (choices.empty()) return false;
    choices[below(choices.size())]();
    return true;
}

void World::drop_dead_links() {
    std::erase_if(links_, [](const auto& link) {
        const bool drained = link->up.empty() || !link->gateway;
        return !link->uplink && drained && link->gateway_work.empty() && link->down.empty();
    });
    // A peer that closes is noticed at once or, half-open, only by silence.
    for (const auto& link : links_) {
        if (!link->gateway && link->down.empty() && below(4) == 0) link->uplink.reset();
    }
}

void World::tick(std::uint64_t milliseconds) {
    now_ms_ += milliseconds;
    for (std::size_t i = 0; i < links_.size(); ++i) {
        to_uplink(*links_[i], Tick{device_now()});
        to_gateway(*links_[i], Tick{centre_now()});
    }
}

void World::step() {
    if (links_.empty() || below(20) == 0) connect();
    if (below(50) == 0) tick(1000);
    if (below(40) == 0) drop_dead_links();
    if (!links_.empty()) turn(*links_[below(links_.size())]);
}

void World::misfortune() {
    switch (below(9)) {
        case 0:
            return cut_device();
        case 1:
            return cut_gateway();
        case 2:
            return lose_all();
        case 3:
            return back_up();
        case 4:
            return below(6) == 0 ? restore_centre() : void();
        case 5:
            return copy_disk();
        case 6:
            return below(6) == 0 ? restore_disk() : void();
        case 7:
            return void(full_ = !full_);
        default:
            return tick(40'000);
    }
}

bool World::settle() {
    full_ = false;
    for (int round = 0; round < 400; ++round) {
        connect();
        bool moved = true;
        while (moved) {
            moved = false;
            for (std::size_t i = 0; i < links_.size(); ++i) moved |= turn(*links_[i]);
        }
        drop_dead_links();
        const bool done = std::ranges::all_of(journals, [&](const DeviceJournal& journal) {
            return journal.retired_at == centre.epoch
                   || (journal.acknowledged == journal.head().seq && journal.epoch == centre.epoch);
        });
        if (done) return true;
        tick(1000);
    }
    return false;
}

std::optional<std::string> World::wrong() const {
    if (!broken.empty()) return broken.front();
    for (const DeviceJournal& journal : journals) {
        const auto found = centre.journals.find(journal.id);
        if (found == centre.journals.end()) return "a journal is missing";
        const CentreJournal& stored = found->second;
        if (!journal.forked && stored.records != journal.records) return "records differ";
        if (!journal.forked && stored.hashes != journal.hashes) return "chains differ";
        if (!journal.forked) continue;
        const auto branch = centre.branches.find(journal.id);
        for (const Envelope& record : journal.records) {
            const std::uint64_t at = record.seq.value() - 1;
            if (at < stored.records.size() && stored.records[at] == record) continue;
            const bool kept = branch != centre.branches.end()
                              && std::ranges::find(branch->second, record) != branch->second.end();
            if (!kept) return "a record of a forked journal is nowhere";
        }
    }
    return std::nullopt;
}

}  // namespace till::sync::test

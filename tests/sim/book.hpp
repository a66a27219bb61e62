#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/ids.hpp"
#include "tests/sim/rules.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace till::sim {

/// An answer "stored", and the chain's hash at that event: it names content and history.
struct Given {
    JournalId journal{Uuid{}};
    Seq seq{0};
    std::string receipt;
    Digest hash{};
    bool off_disk = false;      ///< The disk was set back or hurt since: it need not know any more.
    bool let_go = false;        ///< The disk knows the answer still, but not the event.
    bool reads_failed = false;  ///< The disk refused to be read some time before.
    Bytes safe_at{};            ///< The epoch of the centre that had acknowledged it before that.
};

/// What a till program asked for, once or more often, and what it was told.
struct Request {
    int till = 0;
    std::string key;
    std::int64_t price = 0;  ///< Names the content, too.
    std::vector<Given> given{};
    bool denied = false;  ///< The newest answer was: known not to be stored.
    bool open = true;     ///< Not answered yet: it will be asked again.
};

/// What was promised to whom: the checker's own record, which no fault reaches.
class Book {
public:
    Request& ask(int till, std::string key, std::int64_t price);
    /// Throws Broken when it contradicts what was said before.
    void stored(Request& request, Given given);

    /// The centre told the device of that journal that it has everything up to `seq`.
    void acknowledged(const JournalId& journal, Seq seq, const Digest& hash, const Bytes& epoch);
    struct Acknowledged {
        Seq seq{0};
        Digest hash{};
        Bytes epoch;
    };
    const std::map<JournalId, Acknowledged>& acks() const { return acks_; }
    /// Whether a centre of that epoch must have it: a disk does, or it said so while one did.
    static bool must_arrive(const Given& given, const Bytes& epoch) {
        return !(given.off_disk || given.let_go) || given.safe_at == epoch;
    }

    /// A disk now ends after `upto` in this journal.
    void set_back(int till, const JournalId& journal, Seq upto);
    /// A disk has let go of this journal's events up to here, which the centre of that epoch has.
    /// How many events of requests that is.
    std::size_t let_go(int till, const JournalId& journal, Seq upto, const Bytes& epoch);
    /// Two disks write journals of one device: numbers may meet.
    void allow_same_numbers(int till) { cloned_.push_back(till); }
    bool is_cloned(int till) const;

    std::deque<Request>& requests() { return requests_; }

private:
    std::deque<Request> requests_;
    std::map<std::string, Request*> receipts_;
    std::map<JournalId, Acknowledged> acks_;
    std::vector<int> cloned_;
};

std::string text(const Given& given);

}  // namespace till::sim

#pragma once

#include "agent/journal/committer.hpp"
#include "sync/session/uplink_session.hpp"
#include "tests/sim/book.hpp"
#include "tests/sim/machine.hpp"
#include "tests/sim/network.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace till::sim {

/// Where a till reaches the centre; null while it does not.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual WirePtr dial(const DeviceId& device) = 0;
    virtual Bytes epoch() const = 0;  ///< The store's, now: for checks only.
    /// Whether the centre, as it is now, has this. True while nobody can say.
    virtual bool has(const JournalId& journal, Seq seq, const Digest& hash) = 0;
};

/// A device: the real journal, committer and uplink session over a simulated disk, in the shell that
/// agent/daemon is in the product: generations, earlier journals, forks, restarts.
class Till final : public Machine {
public:
    Till(Schedule& schedule, Book& book, Exchange& centre, Mutant mutant, int number);
    /// A copy of the disk of `other` in another machine.
    Till(const Till& other, int number);
    ~Till() override;

    // What may go wrong with it.
    void break_disk(SimDisk::Plan plan) override;
    void cut_connections(bool with_notice) override;
    void step_clock(std::int64_t milliseconds) { clock_.offset += milliseconds; }
    void partition(std::uint64_t milliseconds, bool loses);
    void copy_disk();  ///< Remembers it …
    bool set_back();   ///< … and puts it back; false when a journal was begun since.
    bool has_forked() const { return begun_.size() > 1; }

    void capture();  ///< Till programs ask for some sales, new ones and unanswered ones.
    void stop_selling() { selling_ = false; }
    bool has_open_requests() const;

    /// Empty when everything it has is at the centre, or kept there as a branch.
    std::string why_not_drained() const;
    void check_disk();  ///< Every promise about the journal, from the disk. Throws Broken.
    int number() const { return number_; }

private:
    struct Begun {
        Generation generation{1};
        JournalId journal{Uuid{}};
    };
    struct Open {  // A journal and its link.
        JournalIdentity identity;
        std::unique_ptr<detail::Committer> disk;
        std::optional<sync::UplinkSession> session{};
        WirePtr wire{};
        bool forked = false;
    };
    struct Copy {
        SimDisk::Image image;
        std::vector<Begun> begun;
        Seq head{0};
    };

    static std::string file(Generation generation);
    bool open_all() override;
    void run() override;
    bool begin_journal();
    bool is_finished(const Open& journal) const;
    Open& current() { return *open_.back(); }
    Draft draft_of(const Request& request, int attempt) const;
    std::vector<Request*> wanted();
    void answer(Request& request, const Result<Stored>& result);
    void ask_otherwise(Request& request);

    void serve();  // The loop of selling, ticking and tidying.
    void dial(Open& journal);
    void hang_up(Open& journal, bool with_notice);
    void feed(Open& journal, sync::UplinkSession::Event event);
    void perform(Open& journal, sync::UplinkSession::Action& action);
    void acknowledge(Open& journal, const sync::UplinkSession::Acknowledge& action);
    void confirm(JournalCore& core, const sync::Mark& mark, const Bytes& epoch);
    void note_let_go(const Open& journal);
    void fork(Open& journal);
    void set_aside_current(const std::string& why);

    Book& book_;
    Exchange& centre_;
    Mutant mutant_;
    int number_;
    std::string prefix_;
    DeviceId device_{Uuid{}};
    // In files of the home, each replaced whole: they survive what the databases survive.
    std::vector<Begun> begun_;
    std::map<JournalId, Bytes> retired_;
    std::vector<JournalId> damaged_;
    std::optional<Copy> copy_;
    bool reads_failed_ = false;
    bool hurt_ = false;  // A write went astray: its chain may be broken, and must say so.

    const bool lets_go_;  // Of what the centre has confirmed.
    bool selling_ = true;
    std::vector<std::unique_ptr<Open>> open_;  // The current journal is the last.
    std::uint64_t asked_ = 0;
};

}  // namespace till::sim

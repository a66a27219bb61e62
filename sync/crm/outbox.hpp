#pragma once

#include "sync/crm/connector.hpp"
#include "sync/crm/outbox_state.hpp"

#include <chrono>
#include <map>
#include <set>

namespace till::sync {

/// Where an outbox gets its events: the program adapts ledger, projection and vault.
class OutboxSource {
public:
    virtual ~OutboxSource() = default;

    /// Every journal, and up to where it is projected.
    virtual Result<std::vector<std::pair<JournalId, Seq>>> projected() = 0;

    enum class Verdict : std::uint8_t {
        counts,  ///< It is in the tables.
        waits,   ///< Not yet: held for a person, or of a kind this program does not know.
        never,   ///< A repetition of one that counts, training, or what no table has.
    };
    struct Candidate {
        Seq seq{0};
        Verdict verdict = Verdict::never;
        CrmEvent event;  ///< Filled in where it counts.
    };
    /// The events after `after`, in order, no further than `upto` and about so many.
    virtual Result<std::vector<Candidate>> read(const JournalId& journal, Seq after, Seq upto,
                                                std::size_t most, bool with_person) = 0;
};

/// Hands what counts to one CRM, once in effect, each journal in its order, whatever dies and when.
///
/// Before a batch leaves, that is noted; afterwards the cursor moves past what was answered. A batch whose
/// outcome is not known (no answer, or a crash) is waited out, looked up by our ids, and sent again without what
/// is there. What the CRM refuses is kept with its cause and holds up nobody. An event that a person corrects
/// later is sent when it counts.
///
/// Thread: one at a time; blocks as long as the connector does.
class Outbox {
public:
    struct Options {
        std::chrono::milliseconds settle{
            5000};  ///< As long as a CRM may take to finish what it got.
        std::chrono::milliseconds retry_first{500}, retry_most{60'000};
    };
    Outbox(OutboxSource& source, OutboxState& state, CrmConnector& connector, Clock& clock,
           Options options)
        : source_{source},
          state_{state},
          connector_{connector},
          clock_{clock},
          options_{options},
          wait_{options.retry_first} {}

    struct Step {
        bool busy = false;                   ///< Call again at once: there is more.
        std::chrono::milliseconds pause{0};  ///< Else not before.
        std::string trouble;  ///< Why nothing could be handed over; empty: nothing is wrong.
    };
    /// One batch of each journal that has news, and those that were late, until something cannot be handed over:
    /// the next step begins behind that, so that an event the CRM chokes on holds up its own journal only.
    /// Fails as source and state do; nothing is lost by that.
    Result<Step> step();

private:
    struct Delivered {
        std::size_t settled = 0;  ///< So many of the events, from the first on.
        std::vector<OutboxState::Refusal> refused;
        bool stopped = false;  ///< The rest waits.
    };
    Result<bool> hand_over(const JournalId& journal, Seq upto, Step& step);
    Result<void> hand_over_late(Step& step);
    Result<void> note_applied(const CrmEvent& event);
    Result<Delivered> deliver(std::span<const CrmEvent> events, bool doubtful, Step& step);
    void trouble(const CrmOutcome& outcome, Step& step);

    OutboxSource& source_;
    OutboxState& state_;
    CrmConnector& connector_;
    Clock& clock_;
    Options options_;
    std::chrono::milliseconds wait_;
    std::size_t turn_ = 0;          // Which of the journals, or behind them the late, comes first.
    std::set<JournalId> doubtful_;  // Whose last batch has no known outcome.
    std::optional<std::uint64_t> late_looked_;  // When, since boot.
    OutboxState::Place late_after_;             // However many wait, each has its turn.
    /// What a process before this one sent may still be under way.
    std::map<JournalId, std::uint64_t> not_before_;
    std::map<JournalId, Seq> reached_;  // Cursors that were read or moved since the start.
};

}  // namespace till::sync

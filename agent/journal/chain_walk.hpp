#pragma once

#include "agent/journal/journal_reader.hpp"

namespace till::detail {

/// Follows a chain event by event and writes down what is wrong. After a break it goes on from the
/// stored hash, so that one changed event is one problem. Pure.
class ChainWalk {
public:
    ChainWalk(const JournalId& journal, const Head& head);

    void add(const sync::Envelope& envelope, const Digest& stored);
    /// Everything up to `checkpoint` was let go of; what comes must follow from it.
    void let_go(const Head& checkpoint);
    /// The centre's store has this hash there: it proves all before it, let go of or not.
    void noted(const Head& last) { noted_.push_back(last); }
    void unreadable(const std::string& why);  ///< Nothing can be read after the last event added.
    void beyond_head(Seq seq);
    Verification finish();

private:
    void problem(Seq seq, std::string what);
    void compare_with_notes();

    JournalId journal_;
    std::vector<Head> noted_;
    bool proved_ = false;  // A note's hash was met at the checkpoint or after it.
    Verification found_;
    Head last_;
    bool readable_ = true;
};

}  // namespace till::detail

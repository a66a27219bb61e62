#pragma once

#include "agent/journal/journal_reader.hpp"

namespace till::detail {

/// Follows a chain event by event and writes down what is wrong. After a break it goes on from the
/// stored hash, so that one changed event is one problem. Pure.
class ChainWalk {
public:
    ChainWalk(const JournalId& journal, const Head& head);

    void add(const sync::Envelope& envelope, const Digest& stored);
    void unreadable(const std::string& why);  ///< Nothing can be read after the last event added.
    void beyond_head(Seq seq);
    Verification finish();

private:
    void problem(Seq seq, std::string what);

    JournalId journal_;
    Verification found_;
    Head last_;
    bool readable_ = true;
};

}  // namespace till::detail

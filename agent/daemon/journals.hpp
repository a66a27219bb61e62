#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/daemon/home.hpp"
#include "agent/journal/journal.hpp"
#include "sync/uplink/uplink.hpp"

#include <filesystem>
#include <functional>
#include <vector>

namespace till {

struct OpenJournal {
    JournalCore core;
    JournalCore::Options options;
    Bytes earlier_state;  ///< Of the workstation in the journal before, when this one is empty.
};
/// The journal that is written to, open: that of the newest generation begun. Where there is none
/// yet, where its file is gone, or where it is of an earlier enrolment (a restored home), the next
/// generation's is begun. One that is damaged (it does not
/// open, or is suspect and does not verify) is set aside (set_aside.hpp), whichever of this home's it
/// is, and the till goes on in the next. Fails as JournalCore::open, or with corrupt when the file
/// is another device's.
Result<OpenJournal> open_current_journal(Home& home, const sync::Enrolment& enrolment,
                                         std::uint64_t reserve_bytes, Clock& clock, Random& random);

/// To be called when damage showed while the current journal was in use: it is looked through, page by
/// page and link by link, when it is opened the next time.
Result<void> suspect_current_journal(const Home& home);

/// Begins the journal of the next generation, naming the newest before as its predecessor. From then
/// on it is the current one.
Result<void> begin_next_journal(Home& home, const sync::Enrolment& enrolment, Clock& clock,
                                Random& random);

/// The journals before the current one that the centre's store of that epoch may not have whole. Not
/// those of an earlier enrolment, which only an administrator may hand over.
Result<std::vector<OpenJournal>> open_unfinished_journals(Home& home,
                                                          const sync::Enrolment& enrolment,
                                                          const Bytes& store_epoch, Clock& clock);

/// What the uplink says of a journal when it connects.
sync::UplinkSession::Options hello(const JournalIdentity& journal,
                                   const sync::Enrolment& enrolment);

/// A journal as the uplink sees it.
class JournalPort final : public sync::JournalSource {
public:
    /// Notes are believed when the authority of `server_ca_pem` vouches for their key. `acknowledged`,
    /// when given, is called after each acknowledgement.
    JournalPort(Journal& journal, std::string server_ca_pem,
                std::function<void()> acknowledged = {})
        : journal_{journal},
          server_ca_pem_{std::move(server_ca_pem)},
          acknowledged_{std::move(acknowledged)} {}
    Standing standing() const override;
    asio::awaitable<Result<std::vector<sync::Envelope>>> read(Seq from, std::size_t bytes_max,
                                                              std::size_t records_max) override;
    asio::awaitable<Result<Digest>> hash_at(Seq seq) override;
    asio::awaitable<Result<Seq>> kept_from() override;
    asio::awaitable<Result<void>> acknowledge(Seq seq, Bytes store_epoch) override;
    asio::awaitable<Result<void>> keep_note(sync::KeptNote kept) override;
    asio::awaitable<Result<void>> wait_beyond(Seq seq) override;

private:
    Journal& journal_;
    std::string server_ca_pem_;
    std::function<void()> acknowledged_;
};

}  // namespace till

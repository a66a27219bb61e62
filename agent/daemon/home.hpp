#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/ids.hpp"
#include "agent/core/result.hpp"
#include "agent/core/secret.hpp"
#include "agent/crypto/sealing.hpp"
#include "agent/runtime/file_lock.hpp"
#include "sync/tls/credentials.hpp"
#include "sync/tls/time_floor.hpp"
#include "sync/uplink/enrol_client.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace till {

/// The agent's folder (mode 0700): everything the device must not lose.
///
///   agent.toml         settings, edited by people; a sample lies there after enrolment
///   credentials.pem    the device's private key and certificate chain
///   enrolment.toml     store, lane, the centre's address and authorities, sealing keys, generations
///                      allotted; written last, so that its presence means "enrolled"
///   generations        a line "generation journal-id" for each journal this device ever began,
///                      on stable storage before the journal is made: a number is never used twice
///   journal-G.db       the journal of generation G; the newest line of `generations` is written to
///   journal.db         symbolic link to that one, for tillctl and people
///   damaged-G.db       a journal that was found damaged, as it was found; journal-G.db then holds what
///                      could be read of it
///   suspect            there while the current journal is to be looked through at the next start
///   retired            forked journals that the centre keeps aside, and of which store that is true
///   time-floor         newest verified time, milliseconds since 1970 (DESIGN §4, Time)
///   master.db          master data as the centre last said; a copy, fetched anew when it is lost
///   customers.db       customers this device may meet, encrypted; a copy as well
///   customers-key      what it is encrypted with; both go when the centre is not heard for long
///   erasures.db        what the centre said must be deleted from the journals; a copy as well
///   totals             how far each day's signed figures were stored at the centre
///   token-ROLE         what a caller of that role shows to the local doors; only the owner reads it
///   tokens             more callers, as the door's Tokens reads them; written by people, if at all
///   drop-key drop-N.db what the file drop remembers of files it has seen, and the key to it
///   http.port          the port of the loopback door while the agent runs
///   lock               held while the agent runs; two agents never share a home
///
/// Every file is replaced whole, by rename, and is on stable storage when a function returns.
class Home {
public:
    /// Makes the folder where it is not there. Fails with busy when another agent holds the lock.
    static Result<Home> open(std::filesystem::path root);

    std::filesystem::path operator/(std::string_view name) const { return root_ / name; }
    const std::filesystem::path& root() const noexcept { return root_; }

    bool is_enrolled() const;
    /// Key and certificate first, enrolment last: a crash in between leaves a home that is not
    /// enrolled and may be enrolled with another code. Fails with conflict when it is already, or when
    /// its journals (a restored home's) have receipt generations beyond those allotted.
    Result<void> save(const sync::Enrolled& enrolled);
    /// After a renewal: both may be replaced one after the other, since either pair works.
    Result<void> save(const sync::Credentials& credentials, const sync::Enrolment& enrolment);

    /// Fail with not_found (not enrolled), corrupt or forbidden, naming the file.
    Result<sync::Credentials> credentials() const;
    Result<sync::Enrolment> enrolment() const;

    /// One journal that this device began, or was about to begin when it died.
    struct Begun {
        Generation generation{1};
        JournalId journal{Uuid{}};
    };
    Result<std::vector<Begun>> begun() const;  ///< Oldest first.
    /// Takes the next generation for a journal of that id. out_of_range when all are used.
    Result<Begun> begin_journal(const sync::Enrolment& enrolment, JournalId journal);
    std::filesystem::path journal_file(Generation generation) const;
    /// A forked journal is kept whole at the centre's store of that epoch.
    struct Retired {
        JournalId journal{Uuid{}};
        Bytes store_epoch;
    };
    Result<std::vector<Retired>> retired() const;
    Result<void> save_retired(JournalId journal, const Bytes& store_epoch);

    /// Points `journal.db` at that generation's file.
    Result<void> show_journal(Generation generation) const;

    Result<sync::TimeFloor::State> time_floor() const;  ///< 0 before any.
    Result<void> save_time_floor(const sync::TimeFloor::State& state);

    /// The token of a role, made at the first call: 32 random bytes, base64url.
    Result<Secret> token(std::string_view role);
    /// The file drop's key, made at the first call.
    Result<Secret> drop_key();
    /// The key of customers.db, made at the first call.
    Result<Secret> customers_key();
    void forget_customers_key() const;

    Result<void> save_port(std::uint16_t port) const;
    void remove_port() const;

private:
    Home(std::filesystem::path root, FileLock lock)
        : root_{std::move(root)}, lock_{std::move(lock)} {}
    Result<Secret> secret(std::string_view name, const Secret& fresh) const;
    Result<Secret> key(std::string_view name) const;

    std::filesystem::path root_;
    FileLock lock_;
};

}  // namespace till

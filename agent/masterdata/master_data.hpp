#pragma once

#include "agent/core/clock.hpp"
#include "agent/core/result.hpp"
#include "agent/store/database.hpp"
#include "sync/wire/frames.pb.h"
#include "sync/wire/masterdata.pb.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace till {

namespace v1 = tillstream::v1;

/// The master data of this device's store, as the centre last said. Pages of the feed are stored as they
/// come, across restarts, and count for nothing until the last of a version is here: then all of it is in
/// use at once, by one small write. The file is a copy: lost or damaged, it is fetched anew.
///
/// Thread: the loop's. Every function is one short read or write; take() syncs the disk once.
class MasterData {
public:
    /// `store` and `workstation` as enrolled. A file that is damaged, or of another store, is begun anew.
    static Result<std::unique_ptr<MasterData>> open(const std::filesystem::path& file,
                                                    std::string store, std::string workstation);

    /// What to ask the centre for.
    v1::FeedRequest request() const;

    enum class Taken : std::uint8_t {
        more,       ///< Stored; ask again.
        applied,    ///< A newer version is in use.
        unchanged,  ///< Nothing new, or an answer to an earlier question.
    };
    /// Stores a page. Fails as it cannot be read (malformed, unsupported) or stored; then nothing of it is.
    Result<Taken> take(const v1::FeedPage& page, WallTime now);

    /// Deletes some hundreds of records that are out of use. True while there may be more.
    Result<bool> tidy();

    std::uint64_t version() const { return lists_.version(); }  ///< 0: none has come.
    /// Store, workstation, tax rules, tenders and reasons in use. In memory.
    const v1::MasterData& lists() const { return lists_; }
    bool has_operators() const { return has_operators_; }

    Result<std::optional<v1::MasterOperator>> find_operator(std::string_view operator_id);
    /// By GTIN where it is one, else by SKU: of several with that SKU, the first by GTIN.
    Result<std::optional<v1::MasterProduct>> find_product(std::string_view gtin,
                                                          std::string_view sku);

private:
    struct State {
        std::int64_t generation = 0;
        std::uint64_t version = 0;
        std::int64_t applied_ms = 0;
        std::int64_t next_generation = 0;
        Bytes next_epoch;
        v1::FeedCursor cursor;
        bool staging = false;
    };

    MasterData(Database database, std::string store, std::string workstation)
        : database_{std::move(database)},
          store_{std::move(store)},
          workstation_{std::move(workstation)} {}
    Result<void> load();
    Result<void> read_lists();
    Result<void> save(const State& state);
    Result<void> stage(const v1::FeedRecord& record, std::int64_t generation);
    Result<std::optional<v1::MasterRecord>> find(std::string_view key);

    Database database_;
    std::string store_, workstation_;
    State state_;
    v1::MasterData lists_;
    bool has_operators_ = false;
    Statement find_, find_alias_, put_, supersede_;
};

}  // namespace till

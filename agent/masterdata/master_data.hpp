#pragma once

#include "agent/feedcopy/feed_copy.hpp"
#include "sync/wire/masterdata.pb.h"

namespace till {

/// The master data of this device's store, as the centre last said: a FeedCopy of the feed "master".
class MasterData {
public:
    /// `store` and `workstation` as enrolled.
    static Result<std::unique_ptr<MasterData>> open(const std::filesystem::path& file,
                                                    const std::string& store,
                                                    std::string workstation);

    /// As FeedCopy's.
    using Taken = FeedCopy::Taken;
    v1::FeedRequest request() const { return copy_->request(); }
    Result<FeedCopy::Taken> take(const v1::FeedPage& page, WallTime now);
    Result<bool> tidy() { return copy_->tidy(); }
    FeedCopy& copy() { return *copy_; }

    std::uint64_t version() const { return lists_.version(); }  ///< 0: none has come.
    /// Store, workstation, tax rules, tenders and reasons in use. In memory.
    const v1::MasterData& lists() const { return lists_; }
    bool has_operators() const { return has_operators_; }

    Result<std::optional<v1::MasterOperator>> find_operator(std::string_view operator_id);
    /// By GTIN where it is one, else by SKU: of several with that SKU, the first by GTIN.
    Result<std::optional<v1::MasterProduct>> find_product(std::string_view gtin,
                                                          std::string_view sku);

private:
    MasterData(std::unique_ptr<FeedCopy> copy, std::string store, std::string workstation)
        : copy_{std::move(copy)}, store_{std::move(store)}, workstation_{std::move(workstation)} {}
    Result<void> read_lists();
    Result<std::optional<v1::MasterRecord>> find(std::string_view key);

    std::unique_ptr<FeedCopy> copy_;
    std::string store_, workstation_;
    v1::MasterData lists_;
    bool has_operators_ = false;
};

}  // namespace till

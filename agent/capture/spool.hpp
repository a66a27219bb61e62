#pragma once

#include "agent/capture/invoice.hpp"
#include "agent/store/database.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace till {

/// The rows of one file on their way from the file's order to one transaction after another, however
/// far apart its rows are. Lives in an unlinked temporary SQLite file: memory is bounded by its page
/// cache, and neither a crash nor a stop leaves customers' data behind.
///
/// First every row goes in, then groups and rows set aside come out. Errors are the database's.
class Spool {
public:
    /// `folder` should be on a disk with room for the file's text.
    static Result<Spool> open(const std::filesystem::path& folder);

    Result<void> add(const std::string& group, std::uint64_t line, std::string_view raw);
    Result<void> set_aside(std::uint64_t line, std::string_view raw, std::string_view reason);

    /// No more rows. Groups come in the order in which the file first names them.
    Result<void> seal();

    /// Rows of the next group in the file's order; empty after the last one. Of a group with more
    /// than limits::transaction_lines_max rows, all rows are set aside instead.
    Result<std::vector<SourceRow>> next_group();

    struct Aside {
        std::uint64_t line = 0;
        std::string raw, reason;
    };
    /// Up to `most` rows behind line `after`, in the file's order.
    Result<std::vector<Aside>> set_aside_after(std::uint64_t after, std::size_t most);

    std::uint64_t rows() const noexcept { return rows_; }  ///< Added, without those set aside.
    std::uint64_t rows_set_aside() const noexcept { return aside_; }

private:
    explicit Spool(Database database) : database_{std::move(database)} {}
    Result<void> prepare();
    Result<void> flush_run();
    Result<std::uint64_t> ordinal_of(const std::string& group);
    Result<void> refuse_group(std::uint64_t ordinal, std::uint64_t rows);

    // Neighbours of one group are stored together as one run: most files need one insert a group.
    Database database_;
    Statement find_group_, add_group_, count_rows_, add_run_, size_, read_, add_aside_, read_aside_;
    std::string group_, run_;
    std::uint64_t run_rows_ = 0, runs_ = 0, groups_ = 0, current_ = 0, read_groups_ = 0;
    std::uint64_t rows_ = 0, aside_ = 0;
};

}  // namespace till

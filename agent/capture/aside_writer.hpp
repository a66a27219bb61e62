#pragma once

#include "agent/capture/row_reader.hpp"
#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace till {

/// Writes a file's rows that were set aside, as `NAME.rows.csv` under the file's own header
/// (`NAME.rows.xml` in a POSLog), so that it can be corrected and dropped again, and `NAME.reasons.txt`,
/// one line a row. UTF-8; a byte that could not be decoded is U+FFFD there. Files of the same name with
/// other content are not overwritten: the new ones get the first bytes of `digest` before their names.
/// Private to the module.
class AsideWriter {
public:
    static Result<AsideWriter> open(const std::filesystem::path& folder, const std::string& name,
                                    const Digest& digest, RowReader::Frame frame);

    void add(const Spool::Aside& row);
    /// Both files are durable when this returns. disk_full and io when anything above failed.
    Result<void> finish();

private:
    AsideWriter() = default;
    Result<void> settle(std::ofstream& out, const std::string& suffix);

    std::filesystem::path folder_;
    std::string name_, unique_name_;
    RowReader::Frame frame_;
    std::ofstream rows_, reasons_;
};

}  // namespace till

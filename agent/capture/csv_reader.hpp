#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace till {

struct CsvFormat {
    char delimiter = ',';
    char quote = '"';  ///< 0: quotes mean nothing.
};

/// Bounds that keep one stray quote from swallowing a file.
inline constexpr std::size_t csv_record_bytes_max = 64 * 1024;
inline constexpr std::size_t csv_record_lines_max = 64;

/// One record; its views live until the reader is next used.
struct CsvRecord {
    std::uint64_t line = 0;  ///< Where it begins: 1-based line of the decoded file.
    std::string_view raw;    ///< As it stands, without its line end; cut when it is too long.
    std::vector<std::string_view> fields;  ///< Empty when `fault` is set.
    std::string_view fault = {};           ///< Why it is no record; empty: it is one.
};

/// Fields of one record. RFC 4180, and what tills write beside it: a quote inside an unquoted field
/// is itself; in a quoted field a quote that neither ends the field nor is doubled is itself.
/// `unescaped` holds the text of fields that had doubled quotes and must outlive `fields`.
void split_csv(std::string_view raw, const CsvFormat& format, std::vector<std::string_view>& fields,
               std::string& unescaped);

/// CSV records out of UTF-8 text that arrives in pieces. Lines end with LF, CRLF or CR; empty lines
/// are passed over. The records do not depend on where the text was cut. Memory: the largest piece
/// and one record.
class CsvReader {
public:
    explicit CsvReader(CsvFormat format) : format_{format} {}

    void feed(std::string_view text);
    void finish() { finished_ = true; }  ///< No more text will come.
    /// The next record; null when more text is needed or, after finish(), at the end.
    const CsvRecord* next();

private:
    struct Extent;
    Extent measure(std::string_view text) const;
    bool drop_rest_of_line();
    const CsvRecord* take(const Extent& extent);

    CsvFormat format_;
    std::string text_;
    std::size_t at_ = 0;
    std::uint64_t line_ = 1;
    bool finished_ = false;
    bool dropping_ = false;  // The rest of a line that was too long.
    CsvRecord record_;
    std::string unescaped_;
};

}  // namespace till

#pragma once

#include "agent/capture/charset.hpp"
#include "agent/core/result.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// The list of MasterImport (masterdata.proto) that a name means: "products", "tax_rules" or "tax-rules".
/// Fails with malformed, naming all.
Result<std::string> parse_master_list(std::string_view name);

/// Rows of a file as the list's records, in the JSON form of the message.
struct MasterCsv {
    boost::json::array records;
    std::vector<std::uint64_t> lines;  ///< Where each record begins in the file, from 1.
};

struct MasterCsvFormat {
    char delimiter = ',';
    std::optional<Charset> charset;  ///< None: by its byte-order mark, else UTF-8.
};

/// Reads a CSV file whose first row names the columns, which are the fields of the list's message. Blanks
/// around a value do not count, an empty value leaves the field out; yes, no, true, false, 1 and 0 are
/// yes-or-no; a word stands for the enumerator that ends with it ("cash"). Fails with malformed; `detail` has a
/// line for each fault, up to twenty, as "line 7: …".
Result<MasterCsv> read_master_csv(std::string_view list, std::istream& file,
                                  const MasterCsvFormat& format);

}  // namespace till

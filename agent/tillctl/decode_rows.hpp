#pragma once

#include "agent/tillctl/scan_answer.hpp"
#include "drivers/decode/element_string.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace till {

/// Answers rows of `tillctl decode`: what is asked for in a JSON object, or one scan as text.
/// No row stops the next one. Not for two threads at once.
class DecodeRows {
public:
    /// What the answers depend on besides the rows.
    struct Setting {
        drivers::DecodeOptions defaults;
        ShopRules rules;
        drivers::SaleMoment now;  ///< For centuries and for what has expired.
    };

    /// `dictionary` must outlive this.
    DecodeRows(const drivers::Dictionary& dictionary, Setting setting)
        : dictionary_{dictionary}, setting_{std::move(setting)} {}

    /// The answer to a row: its "id", then the keys that its "op" calls for, or {"ok": false,
    /// "error": …}. A row without "op" but with "upce8" is a `upce`, any other a `scan`: what
    /// `scan_full` answers by GS1's standards, and under "till" what the scan is to a till.
    boost::json::object answer(const boost::json::object& row) const;

    /// The same for a line: a JSON object when it begins with `{`, else the text of a scan.
    boost::json::object answer_line(std::string_view line) const;

private:
    const drivers::Dictionary& dictionary_;
    Setting setting_;
};

/// What a row itself says the answer must be: its "expect", or the numbers of a UPC-E row.
std::optional<boost::json::object> expected_answer(const boost::json::object& row);

/// The keys in which an answer differs from what was expected. Sentences of errors are not
/// compared; the names of linters' errors are.
std::vector<std::string> disagreements(const boost::json::object& row,
                                       const boost::json::object& expected,
                                       const boost::json::object& answer);

}  // namespace till

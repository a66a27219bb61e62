#pragma once

#include "agent/core/bytes.hpp"
#include "agent/core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace till::drivers {

/// What is known of a kind of display.
struct DisplayModel {
    std::size_t columns = 20, rows = 2;
    std::string charset = "CP437";  ///< As iconv names it: "CP950" (Big5), "GB18030", "CP949".
    std::optional<std::uint8_t> code_page;  ///< ESC t's number for it; nothing: it has only one.
};

/// UTF-8 to what a display can show.
class DisplayText {
public:
    /// Fails with unsupported for a charset that iconv does not know.
    static Result<DisplayText> make(DisplayModel model);

    /// One entry for each row of the display, as wide as it is. What it cannot show, and every control
    /// character, is a "?". A character is as wide as its bytes: one column, or two. Fails with out_of_range
    /// for more lines, or a wider one, than it has room for.
    Result<std::vector<Bytes>> lay_out(const std::vector<std::string>& lines) const;

    const DisplayModel& model() const { return model_; }

private:
    struct Close {
        void operator()(void* handle) const;
    };
    DisplayText(DisplayModel model, void* iconv) : model_{std::move(model)}, iconv_{iconv} {}
    Bytes convert(std::string_view text) const;

    DisplayModel model_;
    std::unique_ptr<void, Close> iconv_;
};

}  // namespace till::drivers

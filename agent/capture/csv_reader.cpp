#include "agent/capture/csv_reader.hpp"

#include <algorithm>
#include <optional>

namespace till {

namespace {

constexpr std::string_view line_ends = "\r\n";
constexpr std::size_t shown_bytes_max = 1024;

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Index after the line end at `at`.
std::size_t after_line_end(std::string_view text, std::size_t at) {
    return text.substr(at, 2) == line_ends ? at + 2 : at + 1;
}

std::uint64_t count_lines(std::string_view text) {
    std::uint64_t count = 0;
    for (std::size_t at = text.find_first_of(line_ends); at != std::string_view::npos; ++count)
        at = text.find_first_of(line_ends, after_line_end(text, at));
    return count;
}

}  // namespace

/// Where a record ends, or why that is not known.
struct CsvReader::Extent {
    enum class Kind : std::uint8_t { whole, unfinished, too_long, quote_open };
    Kind kind = Kind::unfinished;
    std::size_t end = 0;  // Of the record, without its line end.
};

CsvReader::Extent CsvReader::measure(std::string_view text) const {
    bool field_start = true, quoted = false;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (at > csv_record_bytes_max || lines > csv_record_lines_max)
            return {quoted ? Extent::Kind::quote_open : Extent::Kind::too_long, at};
        if (quoted) {
            if (c == '\n') ++lines;
            if (c != format_.quote) continue;
            if (at + 1 == text.size()) break;  // What follows decides what this quote is.
            const char next = text[at + 1];
            if (next == format_.quote)
                ++at;
            else if (next == format_.delimiter || is_line_end(next))
                quoted = false;
            continue;
        }
        if (is_line_end(c)) {
            // A CR at the end of a piece may be half of a CRLF.
            if (c == '\r' && at + 1 == text.size() && !finished_) break;
            return {Extent::Kind::whole, at};
        }
        if (field_start && c == format_.quote && format_.quote != 0) quoted = true;
        field_start = c == format_.delimiter;
    }
    if (!finished_) return {};
    const bool ends_quoted = !quoted || text.back() == format_.quote;
    return {ends_quoted ? Extent::Kind::whole : Extent::Kind::quote_open, text.size()};
}

void split_csv(std::string_view raw, const CsvFormat& format, std::vector<std::string_view>& fields,
               std::string& unescaped) {
    fields.clear();
    unescaped.clear();
    unescaped.reserve(raw.size());  // Views into it must not move.
    for (std::size_t at = 0;;) {
        std::size_t end = 0;
        if (format.quote != 0 && at < raw.size() && raw[at] == format.quote) {
            const std::size_t begin = unescaped.size();
            for (end = at + 1; end < raw.size(); ++end) {
                if (raw[end] == format.quote) {
                    const bool last = end + 1 == raw.size() || raw[end + 1] == format.delimiter;
                    if (last) break;
                    if (raw[end + 1] == format.quote) ++end;
                }
                unescaped += raw[end];
            }
            fields.push_back(std::string_view{unescaped}.substr(begin));
            end = std::min(end + 1, raw.size());
        } else {
            end = std::min(raw.find(format.delimiter, at), raw.size());
            fields.push_back(raw.substr(at, end - at));
        }
        if (end == raw.size()) return;
        at = end + 1;
    }
}

void CsvReader::feed(std::string_view text) {
    text_.erase(0, at_);
    at_ = 0;
    text_ += text;
}

bool CsvReader::drop_rest_of_line() {
    const std::size_t end = text_.find_first_of(line_ends, at_);
    at_ = std::min(end, text_.size());
    if (at_ == text_.size()) return false;
    if (text_[at_] == '\r' && at_ + 1 == text_.size() && !finished_) return false;
    at_ = after_line_end(text_, at_);
    ++line_;
    dropping_ = false;
    return true;
}

const CsvRecord* CsvReader::next() {
    for (;;) {
        if (dropping_ && !drop_rest_of_line()) return nullptr;
        if (at_ == text_.size()) return nullptr;
        const Extent extent = measure(std::string_view{text_}.substr(at_));
        if (extent.kind == Extent::Kind::unfinished) return nullptr;
        if (const CsvRecord* record = take(extent)) return record;
    }
}

const CsvRecord* CsvReader::take(const Extent& extent) {
    const std::string_view text = std::string_view{text_}.substr(at_);
    record_.line = line_;
    record_.fields.clear();
    record_.fault = {};
    const bool one_line = text.substr(0, extent.end).find_first_of(line_ends) == text.npos;
    const bool cut =
        extent.kind == Extent::Kind::quote_open && one_line && extent.end < text.size();
    if (extent.kind == Extent::Kind::too_long || cut) {
        record_.raw = text.substr(0, shown_bytes_max);
        record_.fault = "longer than a record may be (64 KiB)";
        line_ += count_lines(text.substr(0, extent.end));
        at_ += extent.end;
        dropping_ = true;
        return &record_;
    }
    std::size_t end = extent.end;
    if (extent.kind == Extent::Kind::quote_open) {
        // Only the line that opened the quote is lost: the next one is read afresh.
        record_.fault = "a quote is opened and never closed";
        end = std::min(text.find_first_of(line_ends), text.size());
    }
    record_.raw = text.substr(0, end);
    line_ += count_lines(record_.raw) + 1;
    at_ += end == text.size() ? end : after_line_end(text, end);
    if (record_.raw.empty()) return nullptr;
    if (record_.fault.empty()) split_csv(record_.raw, format_, record_.fields, unescaped_);
    if (record_.raw.size() > shown_bytes_max && !record_.fault.empty())
        record_.raw = record_.raw.substr(0, shown_bytes_max);
    return &record_;
}

}  // namespace till

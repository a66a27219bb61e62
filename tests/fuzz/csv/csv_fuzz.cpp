#include "agent/capture/charset.hpp"
#include "agent/capture/csv_reader.hpp"
#include "agent/capture/gunzip.hpp"
#include "agent/capture/invoice.hpp"

#include <cstdlib>

// Any bytes become the same records however they are cut, and any record maps without harm. The
// first byte chooses encoding and style.

using namespace till;

namespace {

struct Seen {
    std::string records;
    std::vector<SourceRow> rows;
};

Seen read(BytesView bytes, std::optional<Charset> charset, CsvFormat format, std::size_t piece) {
    TextDecoder decoder{charset};
    CsvReader reader{format};
    Seen seen;
    const auto drain = [&] {
        while (const CsvRecord* record = reader.next()) {
            seen.records += std::to_string(record->line).append(record->fault).append(record->raw);
            for (const auto field : record->fields) seen.records.append("\x1f").append(field);
            if (record->fault.empty())
                seen.rows.push_back({record->line, std::string{record->raw}});
        }
    };
    const auto feed = [&](BytesView part) {
        std::string text;
        decoder.feed(part, text);
        reader.feed(text);
        drain();
    };
    for (std::size_t at = 0; at < bytes.size(); at += piece) feed(bytes.substr(at, piece));
    std::string rest;
    decoder.finish(rest);
    reader.feed(rest);
    reader.finish();
    drain();
    return seen;
}

CsvMapping fuzz_mapping(CsvFormat format) {
    CsvMapping mapping = *parse_csv_mapping(R"(
system = "fuzz"
[file]
header = false
[columns]
number = "#1"
time = "#2"
quantity = "#3"
unit_price = "#4"
amount = "#5"
customer = "#6"
tender = "#7"
total = "#8"
[values]
time_formats = ["%Y-%m-%d", "%N/%m/%d %H:%M", "%N%m%d", "%d.%m.%y %I:%M %p"]
decimal_mark = ","
thousands_mark = "."
currency = "EUR"
[returns]
numbers = ["C*", "*-R?"]
)");
    mapping.csv = format;
    return mapping;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const BytesView bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const std::optional<Charset> charsets[] = {
        {}, Charset::utf16be, Charset::big5, Charset::windows1252};
    const auto charset = charsets[data[0] % 4];
    const CsvFormat format{.delimiter = (data[0] & 4) != 0 ? ';' : ',',
                           .quote = (data[0] & 8) != 0 ? '\0' : '"'};
    const Seen whole = read(bytes, charset, format, size);
    if (read(bytes, charset, format, 3).records != whole.records) std::abort();

    const CsvMapping mapping = fuzz_mapping(format);
    const InvoiceMapper mapper{mapping, *locate_columns(mapping, std::vector<std::string_view>(8))};
    if (!whole.rows.empty()) {
        const Invoice invoice = mapper.map(whole.rows);
        const std::size_t placed = invoice.transaction_rows.size() + invoice.adjustment_rows.size()
                                   + invoice.faults.size();
        if (placed != whole.rows.size()) std::abort();
    }
    Gunzip unzip;
    std::size_t budget = 1 << 20;
    const auto out = [&](BytesView part) -> Result<void> {
        if (part.size() > budget) return Error{Errc::out_of_range, "enough"};
        budget -= part.size();
        return {};
    };
    static_cast<void>(unzip.feed(bytes, out).has_value());
    return 0;
}

#pragma once

#include "agent/capture/charset.hpp"
#include "agent/capture/csv_reader.hpp"
#include "agent/capture/source_values.hpp"
#include "sync/wire/commands.pb.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace till {

/// What a column of an export can mean.
enum class Column : std::uint8_t {
    number,        ///< The source's transaction number; its rows are one transaction.
    time,          ///< Date, or date and time, of the line.
    time_of_day,   ///< Joined to `time` by one blank, where a source keeps them apart.
    business_day,  ///< Where the source says it; else the date of the first row.
    item,          ///< The shop's code.
    gtin,
    description,
    quantity,  ///< Signed; absent means 1.
    unit,
    unit_price,
    amount,    ///< Of the line. Beside a unit price the difference is the line's discount.
    customer,  ///< An identifier of type `customer_type`.
    phone,
    email,
    card,  ///< A loyalty card. Never a payment card.
    currency,
    tax_rate,
    tax_amount,
    tender,  ///< Words that `tenders` translates.
    tender_amount,
    total,  ///< Of the transaction, kept verbatim beside ours.
    workstation,
    operator_id,
    country,
    channel,  ///< Words that `channels` translates.
};
inline constexpr std::size_t column_count = std::size_t(Column::channel) + 1;

/// Do the cells of a column say who the customer is?
constexpr bool names_customer(Column column) {
    return column == Column::customer || column == Column::phone || column == Column::email
           || column == Column::card;
}

/// The word for a column in mapping files: "number", "unit_price", …
std::string_view name(Column column);

/// What a negative line of a transaction that is no return means.
enum class NegativeLines : std::uint8_t {
    adjustment,   ///< Stock left or came without a sale; the description says why.
    return_line,  ///< Goods brought back in the same transaction.
};

/// The first rule whose pattern (fits()) the item code fits gives the item's class; else goods.
struct ItemRule {
    std::string codes;
    tillstream::v1::ItemClass item_class = tillstream::v1::ITEM_CLASS_GOODS;
};

/// How one source's export is read: what a shop writes once, in TOML, for its point of sale.
struct CsvMapping {
    std::string system;  ///< Names the source for ever; part of every key. 1 to 32 of [a-z0-9._-].

    std::optional<Charset> encoding;  ///< None: byte-order mark, UTF-16 by its zeros, else UTF-8.
    CsvFormat csv;
    bool has_header = true;      ///< The first row names the columns.
    int rows_before_header = 0;  ///< Titles and the like, passed over.

    /// Header name, or "#3" for the third column; empty: the source has none.
    std::array<std::string, column_count> columns;

    std::vector<TimePattern> times;
    std::optional<SourceZone> zone;  ///< Always set once parsed.
    NumberStyle numbers;
    std::string currency;                ///< Where no column says it; empty: the store's.
    bool numbers_restart_daily = false;  ///< A number names a transaction only within its day.

    std::vector<std::string> return_numbers;  ///< Patterns of the numbers of returns.
    bool unsigned_returns = false;            ///< Returns are written with positive quantities.
    NegativeLines negative_lines = NegativeLines::adjustment;
    std::vector<ItemRule> items;

    tillstream::v1::IdentifierType customer_type = tillstream::v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER;
    bool whole_customer_numbers = false;  ///< "17850.0" is customer 17850.
    /// Of a transaction whose rows name no tender.
    tillstream::v1::TenderType default_tender = tillstream::v1::TENDER_TYPE_OTHER;
    std::map<std::string, tillstream::v1::TenderType> tenders;
    std::map<std::string, tillstream::v1::Channel> channels;
    tillstream::v1::Channel channel = tillstream::v1::CHANNEL_UNSPECIFIED;

    const std::string& column(Column which) const { return columns[std::size_t(which)]; }
    bool has(Column which) const { return !column(which).empty(); }
    /// Does it read more of a customer than the retailer's own number of her?
    bool reads_personal_data() const;
};

/// How a source's POSLog documents (ARTS/NRF POSLog 6 XML) are read.
struct PoslogMapping {
    std::string system;              ///< As in CsvMapping.
    std::optional<SourceZone> zone;  ///< Of times that name none. Always set once parsed.
    std::string currency;            ///< Where the document says none; empty: the store's.
    /// Words of TenderType beyond POSLog's own, and of one without.
    std::map<std::string, tillstream::v1::TenderType> tenders;
    tillstream::v1::TenderType default_tender = tillstream::v1::TENDER_TYPE_OTHER;
    std::vector<ItemRule> items;
};

using Mapping = std::variant<CsvMapping, PoslogMapping>;
const std::string& system_of(const Mapping& mapping);
/// Does it read more of a customer than the retailer's own number of her?
bool reads_personal_data(const Mapping& mapping);

/// Reads a mapping written in TOML (agent/capture/mappings/ has examples); `format = "poslog"` says that
/// it is not of CSV. Every error names the line, the key and what is allowed; a key it does not know is an
/// error.
Result<Mapping> parse_mapping(std::string_view toml);
/// One of CSV; malformed for another.
Result<CsvMapping> parse_csv_mapping(std::string_view toml);

/// The text of a mapping that comes with the program: "uci-online-retail", "taiwan-pos", "poslog".
Result<std::string_view> bundled_mapping(std::string_view name);

/// Which field of a row each column is; npos where the source has none.
using ColumnIndex = std::array<std::size_t, column_count>;
/// `header` is the row of names, or, where the source has none, its first row. malformed when a
/// column that the mapping names is not there, or is there twice.
Result<ColumnIndex> locate_columns(const CsvMapping& mapping,
                                   const std::vector<std::string_view>& header);

}  // namespace till

#pragma once

#include "agent/capture/invoice.hpp"
#include "agent/core/money.hpp"

namespace till {

/// The cells of one row, read.
struct InvoiceMapper::Row {
    LocalTime time;
    Decimal quantity;
    std::optional<Decimal> price, amount, tax_rate, tax_amount, tender_amount;
    std::array<std::string_view, column_count> text;  ///< Trimmed cells of the row being read.

    std::string_view at(Column column) const { return text[std::size_t(column)]; }
};

/// Where a row went.
enum class InvoicePart : std::uint8_t { transaction, adjustment };

/// Puts the rows of one invoice together. Private to the module.
class InvoiceMapper::Builder {
public:
    Builder(const CsvMapping& mapping, Invoice& invoice) : mapping_{mapping}, invoice_{invoice} {}

    /// Fails, leaving the invoice as it was, when the row contradicts the first one's currency or has
    /// no price that can be computed.
    Result<InvoicePart> add(const Row& row);
    /// Call once, after at least one row was added.
    void finish();
    const std::string& number() const noexcept { return number_; }

private:
    struct Tender {
        std::string words;
        std::optional<Decimal> amount;
        friend bool operator==(const Tender&, const Tender&) = default;
    };

    Result<void> begin(const Row& row);
    void add_line(const Row& row, const Decimal& price, bool is_return);
    void add_adjustment(const Row& row, const Decimal& price);
    void reconcile_amount(const Row& row, const Decimal& price, tillstream::v1::CommandLine& line);
    void note_common(const Row& row);
    void add_identifiers(const Row& row);
    void add_tenders();
    tillstream::v1::CommandTender make_tender(const Tender& from) const;
    tillstream::v1::ItemClass class_of(std::string_view code) const;
    void describe_source(tillstream::v1::CommandSource& source) const;

    const CsvMapping& mapping_;
    Invoice& invoice_;
    bool begun_ = false, is_return_ = false;
    std::string number_, currency_, business_day_, workstation_, country_, total_, customer_cell_;
    std::string operator_id_, channel_words_;
    bool customers_differ_ = false;
    std::optional<Currency> money_;
    std::int64_t sum_minor_ = 0;  // Of the lines, as far as it can be computed.
    LocalTime first_, last_;
    std::vector<Tender> tenders_;
    google::protobuf::Map<std::string, std::string> stated_;
};

}  // namespace till

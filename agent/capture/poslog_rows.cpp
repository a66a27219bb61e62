#include "agent/capture/poslog_rows.hpp"

#include "agent/capture/invoice_key.hpp"
#include "agent/capture/poslog_invoice.hpp"
#include "agent/core/calendar.hpp"
#include "agent/core/limits.hpp"
#include "agent/crypto/hash.hpp"

#include <array>

namespace till {

namespace {

constexpr std::string_view root = "POSLog", row = "Transaction";

/// Of all that a Transaction may be, what sells nothing and counts nothing.
constexpr std::array<std::string_view, 6> passed_over = {
    "ControlTransaction",   "TenderControlTransaction", "BusinessEOD",
    "ForeCourtTransaction", "CustomerOrderTransaction", "AccountingTransaction"};

bool is_passed_over(const XmlElement& transaction) {
    return std::ranges::any_of(passed_over,
                               [&](auto name) { return transaction.find(name) != nullptr; });
}

}  // namespace

void PoslogRows::fail(Result<void> why) {
    if (failed_) failed_ = std::move(why);
    parser_.stop();
}

void PoslogRows::on_start(const XmlName& name, const Attributes& attributes) {
    ++depth_;
    if (depth_ == 1 && name.local != root)
        return fail(Error{Errc::malformed, "not a POSLog document: it begins with <"
                                               + name.local.substr(0, 64) + ">"});
    if (depth_ == 2 && name.local == row) {
        began_ = parser_.line();
        bytes_ = 0;
        too_large_ = false;
    }
    if (depth_ == 2 ? name.local != row : !tree_.is_open()) return;
    for (const auto& [key, value] : attributes) bytes_ += key.local.size() + value.size();
    bytes_ += name.local.size();
    too_large_ |= bytes_ > limits::record_bytes_max || depth_ > XmlTreeBuilder::depth_max;
    if (too_large_ && depth_ > 2) return;  // What would be kept of it is of no use.
    tree_.start(name, attributes);
}

void PoslogRows::on_text(std::string_view text) {
    if (!tree_.is_open()) return;
    bytes_ += text.size();
    too_large_ |= bytes_ > limits::record_bytes_max;
    if (!too_large_) tree_.text(text);
}

void PoslogRows::on_end(const XmlName&) {
    --depth_;
    if (!tree_.is_open()) return;
    if (!too_large_ && depth_ > 1) return tree_.end();
    if (depth_ > 1) return;
    found_any_ = true;
    if (auto taken = take(tree_.take()); !taken) fail(std::move(taken));
}

Result<void> PoslogRows::take(const XmlElement& transaction) {
    std::string raw = to_xml(transaction, poslog_space);
    if (too_large_)
        return spool_.set_aside(began_, raw.substr(0, 1000), "is larger than a transaction may be");
    if (is_passed_over(transaction)) return {};
    // The same transaction twice is one; two with one number are two, and the centre says so.
    const std::string group = poslog_number(transaction) + '\x1f' + Bytes{view(sha256(raw))};
    return spool_.add(group, began_, raw);
}

Result<void> PoslogRows::parse(BytesView bytes, bool last) {
    if (broken_) return {};
    const auto read = parser_.feed(bytes, last);
    if (!failed_) return failed_;
    if (read) return {};
    if (!found_any_) return read;
    broken_ = true;
    const bool within = tree_.is_open();
    return spool_.set_aside(within ? began_ : parser_.line(),
                            within ? to_xml(tree_.take(), poslog_space) : "", read.error().detail);
}

Invoice PoslogRows::map(std::span<const SourceRow> rows) const {
    Invoice invoice;
    const auto transaction = parse_xml(rows.front().raw);
    Result<v1::RecordTransaction> made =
        transaction ? poslog_transaction(*transaction, mapping_) : transaction.error();
    for (const SourceRow& each : rows) {
        if (made)
            invoice.transaction_rows.push_back(each.line);
        else
            invoice.faults.push_back({each.line, made.error().detail});
    }
    if (!made) return invoice;
    // Who the customer is takes no part in a key, which lies on the disk in clear.
    const std::string kept = to_xml(without_customer(*transaction), poslog_space);
    invoice.transaction_key =
        invoice_key('s', mapping_.system, made->source().number(), sha256(kept));
    for (const auto& identifier : made->customer().identifiers())
        if (identifier.type() == v1::IDENTIFIER_TYPE_CUSTOMER_NUMBER)
            invoice.customer = identifier.value();
    if (const auto begun = parse_rfc3339(made->begin_time())) invoice.begin_ms = begun->value();
    invoice.transaction = *std::move(made);
    return invoice;
}

RowReader::Frame PoslogRows::frame() const {
    return {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<POSLog xmlns=\""
                + std::string{poslog_space} + "\">",
            "</POSLog>", ".rows.xml"};
}

}  // namespace till

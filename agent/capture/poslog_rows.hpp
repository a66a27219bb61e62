#pragma once

#include "agent/capture/row_reader.hpp"
#include "agent/capture/xml_tree.hpp"

namespace till {

/// Transactions of a POSLog document (ARTS/NRF POSLog 6): each is one row, its raw text is the element in
/// UTF-8 without layout. Where the document breaks off or stops being well-formed, what came before is
/// taken and one row is set aside for the rest. Control and tender control transactions are passed over:
/// they sell nothing. Private to the module.
class PoslogRows final : public RowReader, private XmlEvents {
public:
    /// `mapping` and `spool` must outlive it.
    PoslogRows(const PoslogMapping& mapping, Spool& spool)
        : mapping_{mapping}, spool_{spool}, parser_{*this} {}

    Result<void> feed(BytesView bytes) override { return parse(bytes, false); }
    Result<void> finish() override { return parse({}, true); }
    Invoice map(std::span<const SourceRow> rows) const override;
    Frame frame() const override;

private:
    void on_start(const XmlName& name, const Attributes& attributes) override;
    void on_end(const XmlName& name) override;
    void on_text(std::string_view text) override;
    Result<void> parse(BytesView bytes, bool last);
    Result<void> take(const XmlElement& transaction);
    void fail(Result<void> why);

    const PoslogMapping& mapping_;
    Spool& spool_;
    XmlParser parser_;
    std::size_t depth_ = 0, bytes_ = 0;
    std::uint64_t began_ = 0;  // Line of the transaction being read.
    bool found_any_ = false, broken_ = false, too_large_ = false;
    XmlTreeBuilder tree_;
    Result<void> failed_;
};

}  // namespace till

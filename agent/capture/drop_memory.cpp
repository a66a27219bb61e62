#include "agent/capture/drop_memory.hpp"

#include "agent/capture/migrations.sql.hpp"
#include "agent/crypto/hash.hpp"

namespace till {

namespace v1 = tillstream::v1;

namespace {

const std::string& item_of(const v1::CommandLine& line) {
    return line.sku().empty() ? line.gtin() : line.sku();
}

}  // namespace

Result<std::unique_ptr<DropMemory>> DropMemory::open(const std::filesystem::path& file,
                                                     const Secret& key, std::uint64_t sales_max) {
    const Database::Options options{.file = file, .mode = Database::Mode::create};
    TILL_TRY(Database database, Database::open(options));
    TILL_TRY_VOID(migrate(database, sql::agent_capture));
    std::unique_ptr<DropMemory> memory{new DropMemory{std::move(database), key, sales_max}};
    TILL_TRY_VOID(memory->prepare());
    return memory;
}

Result<void> DropMemory::prepare() {
    TILL_TRY(knows_, database_.prepare("SELECT 1 FROM files WHERE digest=?"));
    TILL_TRY(add_file_, database_.prepare("INSERT OR IGNORE INTO files VALUES(?,?,?)"));
    TILL_TRY(find_sale_,
             database_.prepare("SELECT number,line,workstation,business_day FROM sold "
                               "WHERE who=?1 AND item=?2 AND at_ms<=?3 AND number<>?4 "
                               "ORDER BY unit_price=?5 DESC, at_ms DESC, id DESC LIMIT 1"));
    TILL_TRY(add_sale_,
             database_.prepare("INSERT OR IGNORE INTO sold(who,item,number,line,workstation,"
                               "business_day,unit_price,at_ms) VALUES(?,?,?,?,?,?,?,?)"));
    TILL_TRY(forget_, database_.prepare("DELETE FROM sold WHERE id<=(SELECT max(id) FROM sold)-?"));
    return {};
}

Result<bool> DropMemory::knows_file(const Digest& digest) {
    TILL_TRY(const auto row, knows_.one([](const Row&) { return true; }, digest));
    return row.has_value();
}

Result<void> DropMemory::begin() {
    abandon();
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    open_file_.emplace(std::move(transaction));
    return {};
}

// The item stays readable: it is no secret, and a customer's items then lie side by side in the index.
Bytes DropMemory::who(const std::string& customer) const {
    const Digest hash = keyed_hash(key_, customer);
    return Bytes{view(hash).substr(0, 16)};
}

Result<void> DropMemory::refer_returns(Invoice& invoice) {
    if (!invoice.transaction || invoice.customer.empty()) return {};
    const std::string& number = invoice.transaction->source().number();
    const Bytes key = who(invoice.customer);
    for (v1::CommandLine& line : *invoice.transaction->mutable_lines()) {
        if (line.kind() != v1::LINE_KIND_RETURN) continue;
        const auto fill = [&line](const Row& row) {
            v1::OriginalLine& original = *line.mutable_original();
            original.set_transaction(Bytes{row.bytes(0)});
            original.set_line(static_cast<std::uint32_t>(row.integer(1)));
            original.set_workstation(Bytes{row.bytes(2)});
            original.set_business_day(Bytes{row.bytes(3)});
        };
        TILL_TRY_VOID(find_sale_.each(fill, Blob{key}, item_of(line), invoice.begin_ms, number,
                                      line.unit_price()));
    }
    return {};
}

Result<void> DropMemory::remember_sales(const Invoice& invoice) {
    if (!invoice.transaction || invoice.customer.empty()) return {};
    const v1::CommandSource& source = invoice.transaction->source();
    const Bytes key = who(invoice.customer);
    int number = 0;
    for (const v1::CommandLine& line : invoice.transaction->lines()) {
        ++number;
        if (line.kind() != v1::LINE_KIND_SALE) continue;
        TILL_TRY_VOID(add_sale_.run(Blob{key}, item_of(line), source.number(), number,
                                    source.workstation(), source.business_day(), line.unit_price(),
                                    invoice.begin_ms));
    }
    return {};
}

Result<void> DropMemory::finish(const std::optional<Digest>& whole, const std::string& name,
                                std::int64_t now_ms) {
    if (whole) TILL_TRY_VOID(add_file_.run(*whole, name, now_ms));
    TILL_TRY_VOID(forget_.run(sales_max_));
    TILL_TRY_VOID(open_file_->commit());
    open_file_.reset();
    TILL_TRY_VOID(database_.checkpoint(Database::Checkpoint::truncate));
    return {};
}

}  // namespace till

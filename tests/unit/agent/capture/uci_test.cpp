#include "agent/core/money.hpp"
#include "support.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>

using namespace till;
namespace v1 = tillstream::v1;
namespace fs = std::filesystem;

namespace {

fs::path data_folder() {
    const char* shared = std::getenv("TILL_SHARED");
    return fs::path{shared ? shared : TILL_SHARED_FALLBACK} / "data/uci-online-retail";
}

/// One row, read by a parser of this test's own: no code of the module is used.
struct ShopRow {
    std::string number, code, text, day, who, country;
    long long quantity = 0, price_thousandths = 0;
};

std::string gunzip_file(const fs::path& file) {
    gzFile in = gzopen(file.c_str(), "rb");
    REQUIRE(in != nullptr);
    std::string text, buffer(1 << 16, '\0');
    for (int count = 0; (count = gzread(in, buffer.data(), 1 << 16)) > 0;)
        text.append(buffer, 0, static_cast<std::size_t>(count));
    gzclose(in);
    return text;
}

std::vector<std::vector<std::string>> cells_of(const std::string& text) {
    std::vector<std::vector<std::string>> rows(1, {""});
    bool quoted = false;
    for (const char c : text) {
        if (c == '"')
            quoted = !quoted,
            quoted && !rows.back().back().empty() ? rows.back().back() += c : rows.back().back();
        else if (c == ',' && !quoted)
            rows.back().emplace_back();
        else if (c == '\n' && !quoted)
            rows.push_back({""});
        else if (c != '\r')
            rows.back().back() += c;
    }
    if (rows.back().size() == 1) rows.pop_back();
    rows.erase(rows.begin());
    return rows;
}

long long thousandths(const std::string& text) {
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string decimals = point == text.size() ? "" : text.substr(point + 1);
    REQUIRE(decimals.size() <= 3);
    decimals.resize(3, '0');
    const std::string digits = text.substr(0, point) + decimals;
    return std::stoll(digits);
}

std::vector<ShopRow> rows_of(const fs::path& file) {
    std::vector<ShopRow> rows;
    for (const auto& cells : cells_of(gunzip_file(file))) {
        REQUIRE(cells.size() == 8);
        ShopRow row{cells[0], cells[1], cells[2], cells[4].substr(0, 10), cells[6], cells[7]};
        row.who = row.who.substr(0, row.who.find('.'));
        row.quantity = std::stoll(cells[3]);
        row.price_thousandths = thousandths(cells[5]);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// The rounding rule as documented: each line once, to the penny, halves away from zero.
long long pence(long long quantity, long long price_thousandths) {
    const long long product = quantity * price_thousandths;
    return (product + (product < 0 ? -5 : 5)) / 10;
}

using Lines = std::multiset<std::string>;
using Days = std::map<std::string, long long>;

std::string joined(std::initializer_list<std::string> parts) {
    std::string text;
    for (const auto& part : parts) text += part + "|";
    return text;
}

std::string trim(const std::string& text) { return std::string{trimmed(text)}; }

struct Expected {
    Lines lines;
    Days days;
    explicit Expected(const std::vector<ShopRow>& rows) {
        for (const ShopRow& row : rows) {
            const bool adjusts = row.quantity < 0 && row.number[0] != 'C';
            lines.insert(joined(
                {row.number, trim(row.code), trim(row.text), std::to_string(row.quantity),
                 std::to_string(row.price_thousandths), adjusts ? "stock" : row.who, row.country}));
            days[row.day] += pence(row.quantity, row.price_thousandths);
        }
    }
};

struct Captured {
    Lines lines;
    Days days;

    void add(const v1::CommandSource& source, const std::string& who, const std::string& code,
             const std::string& text, const Decimal& quantity, const std::string& price) {
        lines.insert(joined({source.number(), code, text, quantity.text(),
                             std::to_string(thousandths(price)), who, source.country()}));
        const Currency gbp = *Currency::parse("GBP");
        days[source.business_day()] += extend(quantity, *Decimal::parse(price), gbp)->minor();
    }
    explicit Captured(const FakeSink& sink) {
        for (const auto& sale : sink.transactions) {
            const std::string who =
                sale.customer().identifiers().empty() ? "" : sale.customer().identifiers(0).value();
            for (const auto& line : sale.lines()) {
                Decimal quantity = *Decimal::parse(line.quantity());
                if (line.kind() == v1::LINE_KIND_RETURN) quantity = quantity.negated();
                add(sale.source(), who, line.sku(), line.description(), quantity,
                    line.unit_price());
            }
        }
        for (const auto& adjustment : sink.adjustments)
            for (const auto& line : adjustment.lines())
                add(adjustment.source(), "stock", line.sku(), line.description(),
                    *Decimal::parse(line.quantity()), line.unit_value());
    }
};

void check_kinds(const v1::RecordTransaction& sale) {
    const bool cancels = sale.source().number()[0] == 'C';
    for (const auto& line : sale.lines()) {
        CHECK((line.kind() == v1::LINE_KIND_RETURN) == cancels);
        const std::set<std::string> fees{"POST", "DOT", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK"};
        const std::set<std::string> others{"M", "m", "D", "S", "B", "PADS"};
        const auto expected = fees.contains(line.sku())         ? v1::ITEM_CLASS_FEE
                              : others.contains(line.sku())     ? v1::ITEM_CLASS_ADJUSTMENT
                              : line.sku().starts_with("gift_") ? v1::ITEM_CLASS_GIFT_CARD
                                                                : v1::ITEM_CLASS_GOODS;
        CHECK(line.item_class() == expected);
    }
}

/// Every return names an earlier sale of that customer and item exactly when there is one.
std::size_t check_references(const FakeSink& sink) {
    std::map<std::string, std::set<std::string>> sold;  // Customer and item: transaction and line.
    std::size_t named = 0;
    for (const auto& sale : sink.transactions) {
        if (sale.customer().identifiers().empty()) continue;
        for (int at = 0; at < sale.lines_size(); ++at) {
            const auto& line = sale.lines(at);
            auto& known = sold[joined({sale.customer().identifiers(0).value(), line.sku()})];
            if (line.kind() == v1::LINE_KIND_SALE) {
                known.insert(joined({sale.source().number(), std::to_string(at + 1)}));
                continue;
            }
            REQUIRE(line.has_original() == !known.empty());
            if (known.empty()) continue;
            ++named;
            REQUIRE(known.contains(
                joined({line.original().transaction(), std::to_string(line.original().line())})));
        }
    }
    return named;
}

}  // namespace

TEST_CASE("capture: each month of a real shop is captured row by row, to the penny", "[capture]") {
    if (!fs::exists(data_folder())) {
        WARN("skipped: no real data at " << data_folder() << " (set TILL_SHARED)");
        return;
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const std::string month = GENERATE("2010-12", "2011-08");  // A month takes ten seconds here.
#else
    const std::string month =
        GENERATE("2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06",
                 "2011-07", "2011-08", "2011-09", "2011-10", "2011-11");
#endif
    const fs::path file = data_folder() / ("online-retail-" + month + ".csv.gz");
    DropRig rig{*parse_csv_mapping(*bundled_mapping("uci-online-retail"))};
    fs::copy_file(file, rig.path("month.csv.gz"));
    const std::clock_t begin = std::clock();
    rig.start();
    REQUIRE(rig.run_until([&] { return rig.file_drop->figures().files == 1; }));
    const double took = double(std::clock() - begin) / CLOCKS_PER_SEC;

    const std::vector<ShopRow> rows = rows_of(file);
    const Expected expected{rows};
    const Captured captured{rig.sink};
    CHECK(rig.file_drop->figures().rows == rows.size());
    CHECK(rig.sink.asides.empty());
    CHECK(captured.lines.size() == rows.size());
    CHECK((captured.lines == expected.lines));
    CHECK(captured.days == expected.days);
    for (const auto& sale : rig.sink.transactions) check_kinds(sale);
    const std::size_t named = check_references(rig.sink);
    std::printf(
        "uci %s: %zu rows, %zu transactions, %zu adjustments, %zu returned lines named; "
        "%.0f rows and %.0f transactions a second of processor time, the test's sink included\n",
        month.c_str(), rows.size(), rig.sink.transactions.size(), rig.sink.adjustments.size(),
        named, double(rows.size()) / took, double(rig.sink.transactions.size()) / took);
}

#include "agent/tillctl/master_csv.hpp"

#include "agent/capture/csv_reader.hpp"
#include "sync/wire/masterdata.pb.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <istream>

namespace till {

namespace {

namespace json = boost::json;
namespace v1 = tillstream::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int faults_max = 20;

const Descriptor* record_of(std::string_view list) {
    const auto* field = v1::MasterImport::descriptor()->FindFieldByName(std::string{list});
    return field ? field->message_type() : nullptr;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string upper(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) {
        return static_cast<char>(c == '-' || c == ' ' ? '_' : std::toupper(c));
    });
    return out;
}

/// The enumerator that is meant by its name, or by how its name ends.
const google::protobuf::EnumValueDescriptor* enumerator(const FieldDescriptor& field,
                                                        std::string_view text) {
    const std::string wanted = upper(text);
    const auto& type = *field.enum_type();
    for (int i = 0; i < type.value_count(); ++i) {
        const std::string& name = type.value(i)->name();
        if (name == wanted || name.ends_with("_" + wanted)) return type.value(i);
    }
    return nullptr;
}

/// A cell as its field's JSON; an error says what would do.
Result<json::value> value_of(const FieldDescriptor& field, std::string_view text) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
        const std::string word = upper(text);
        if (word == "YES" || word == "TRUE" || word == "1") return json::value(true);
        if (word == "NO" || word == "FALSE" || word == "0") return json::value(false);
        return Error{Errc::malformed, "\"" + std::string{text} + "\"", {}, "yes or no"};
    }
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        if (const auto* found = enumerator(field, text)) return json::value(found->name());
        std::string names;
        for (int i = 0; i < field.enum_type()->value_count(); ++i)
            names.append(i == 0 ? "" : ", ").append(field.enum_type()->value(i)->name());
        return Error{Errc::malformed, "\"" + std::string{text} + "\"", {}, names};
    }
    return json::value(text);
}

std::string columns_of(const Descriptor& record) {
    std::string names;
    for (int i = 0; i < record.field_count(); ++i)
        if (record.field(i)->name() != "pin_verifier")
            names.append(names.empty() ? "" : ", ").append(record.field(i)->name());
    return names;
}

class Reader {
public:
    Reader(const Descriptor& record, const MasterCsvFormat& format)
        : record_{record}, decoder_{format.charset}, csv_{{.delimiter = format.delimiter}} {}

    Result<MasterCsv> read(std::istream& file) {
        std::array<char, 65536> piece{};
        std::string text;
        while (file) {
            file.read(piece.data(), piece.size());
            text.clear();
            decoder_.feed({piece.data(), static_cast<std::size_t>(file.gcount())}, text);
            csv_.feed(text);
            take_all();
        }
        text.clear();
        decoder_.finish(text);
        csv_.feed(text);
        csv_.finish();
        take_all();
        if (columns_.empty() && faults_ == 0) fault(1, "there is no row that names the columns");
        if (faults_ > faults_max)
            detail_ += "and " + std::to_string(faults_ - faults_max) + " more\n";
        if (faults_ > 0) return Error{Errc::malformed, detail_};
        return std::move(out_);
    }

private:
    void fault(std::uint64_t line, const std::string& what) {
        if (++faults_ <= faults_max) detail_ += "line " + std::to_string(line) + ": " + what + "\n";
    }

    void take_all() {
        while (const CsvRecord* row = csv_.next()) take(*row);
    }

    void take(const CsvRecord& row) {
        if (const auto byte = first_undecodable(row.raw); !byte.empty())
            return fault(row.line, byte + " is not of the file's encoding (--charset)");
        if (!row.fault.empty()) return fault(row.line, std::string{row.fault});
        if (columns_.empty()) return take_header(row);
        if (row.fields.size() != columns_.size())
            return fault(row.line, std::to_string(row.fields.size()) + " fields, but "
                                       + std::to_string(columns_.size()) + " columns");
        json::object record;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const auto text = trimmed(row.fields[i]);
            if (text.empty()) continue;
            auto value = value_of(*columns_[i], text);
            if (value)
                record[columns_[i]->name()] = *std::move(value);
            else
                fault(row.line, columns_[i]->name() + ": " + value.error().detail
                                    + " (allowed: " + value.error().allowed + ")");
        }
        out_.records.push_back(std::move(record));
        out_.lines.push_back(row.line);
    }

    void take_header(const CsvRecord& row) {
        for (const auto field : row.fields) {
            const std::string name{trimmed(field)};
            const auto* column = record_.FindFieldByName(name);
            if (!column || name == "pin_verifier")
                fault(row.line,
                      "there is no column \"" + name + "\" (allowed: " + columns_of(record_) + ")");
            else if (std::ranges::find(columns_, column) != columns_.end())
                fault(row.line, "column \"" + name + "\" twice");
            columns_.push_back(column);
        }
        if (faults_ > 0) {  // What follows could only be misread.
            csv_ = CsvReader{{}};
            columns_.clear();
        }
    }

    const Descriptor& record_;
    TextDecoder decoder_;
    CsvReader csv_;
    std::vector<const FieldDescriptor*> columns_;
    MasterCsv out_;
    std::string detail_;
    int faults_ = 0;
};

}  // namespace

Result<std::string> parse_master_list(std::string_view name) {
    std::string wanted{name}, all;
    std::ranges::replace(wanted, '-', '_');
    const auto& import = *v1::MasterImport::descriptor();
    for (int i = 0; i < import.field_count(); ++i) {
        if (!import.field(i)->message_type()) continue;
        if (import.field(i)->name() == wanted) return wanted;
        all.append(all.empty() ? "" : ", ").append(import.field(i)->name());
    }
    return Error{Errc::malformed, "there is no list \"" + std::string{name} + "\"", {}, all};
}

Result<MasterCsv> read_master_csv(std::string_view list, std::istream& file,
                                  const MasterCsvFormat& format) {
    const Descriptor* record = record_of(list);
    if (!record) return Error{Errc::malformed, "there is no such list"};
    return Reader{*record, format}.read(file);
}

}  // namespace till

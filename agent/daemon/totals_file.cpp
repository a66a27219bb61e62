#include "agent/daemon/totals_file.hpp"

#include "agent/runtime/private_file.hpp"

#include <sstream>

namespace till {

TotalsFile TotalsFile::load(const std::filesystem::path& file, const JournalId& journal) {
    TotalsFile loaded{.journal = journal};
    const auto content = read_private_file(file);
    if (!content) return loaded;
    std::istringstream in{std::string{content->reveal()}};
    std::string id;
    std::uint64_t reported = 0;
    in >> id >> reported;
    if (id != journal.value().text()) return loaded;
    loaded.reported = Seq{reported};
    std::string day;
    for (std::uint32_t amendment = 0; in >> day >> amendment;)
        loaded.next_amendment[day] = amendment;
    return loaded;
}

Result<void> TotalsFile::save(const std::filesystem::path& file) const {
    std::ostringstream out;
    out << journal.value().text() << ' ' << reported.value() << '\n';
    for (const auto& [day, amendment] : next_amendment) out << day << ' ' << amendment << '\n';
    return write_private_file(file, Secret{out.str()});
}

}  // namespace till

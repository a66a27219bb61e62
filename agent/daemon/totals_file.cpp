#include "agent/daemon/totals_file.hpp"

#include "agent/core/hex.hpp"
#include "agent/runtime/private_file.hpp"

#include <charconv>
#include <sstream>

namespace till {

namespace {

constexpr std::string_view epoch_word = "store-epoch";

}  // namespace

bool TotalsFile::move_to(const Bytes& epoch) {
    if (store_epoch == epoch) return false;
    const bool held_some = !store_epoch.empty() || reported > Seq{0};
    store_epoch = epoch;
    reported = Seq{0};
    return held_some;
}

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
    for (std::string word, value; in >> word >> value;) {
        if (word == epoch_word) {
            loaded.store_epoch = unhex(value).value_or(Bytes{});
        } else {
            auto& amendment = loaded.next_amendment[word];
            std::from_chars(value.data(), value.data() + value.size(), amendment);
        }
    }
    return loaded;
}

Result<void> TotalsFile::save(const std::filesystem::path& file) const {
    std::ostringstream out;
    out << journal.value().text() << ' ' << reported.value() << '\n';
    for (const auto& [day, amendment] : next_amendment) out << day << ' ' << amendment << '\n';
    if (!store_epoch.empty()) out << epoch_word << ' ' << hex(store_epoch) << '\n';
    return write_private_file(file, Secret{out.str()});
}

}  // namespace till

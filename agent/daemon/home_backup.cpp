#include "agent/daemon/home_backup.hpp"

#include "agent/daemon/enrolment_file.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace till {

namespace {

namespace fs = std::filesystem;

constexpr const char* enrolment_name = "enrolment.toml";

bool is_database(const std::string& name) {
    return name.ends_with(".db") && (name.starts_with("journal-") || name.starts_with("drop-"));
}

// Not what tells of a process, of the disk it was on, or who the device is.
bool is_plain_part(const std::string& name) {
    constexpr std::array plain = {"agent.toml", enrolment_name, "generations", "retired",
                                  "time-floor", "tokens",       "drop-key"};
    return name.starts_with("token-") || name.starts_with("damaged-")
           || std::ranges::find(plain, name) != plain.end();
}

}  // namespace

Result<FolderDraft::Size> backup_agent(const fs::path& home, fs::path to) {
    if (!fs::exists(home / enrolment_name))
        return Error{Errc::not_found, home.string() + " is not the home of an enrolled agent"};
    TILL_TRY(FolderDraft draft, FolderDraft::begin(std::move(to)));
    for (const auto& entry : fs::directory_iterator{home}) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || entry.is_symlink()) continue;
        if (is_database(name)) {
            TILL_TRY_VOID(draft.add_database(entry.path(), name));
        } else if (is_plain_part(name)) {
            TILL_TRY_VOID(draft.add_file(entry.path(), name));
        }
    }
    TILL_TRY_VOID(draft.seal());
    return draft.finish();
}

Result<RestoredAgent> restore_agent(const fs::path& from, fs::path home) {
    TILL_TRY(FolderDraft draft, FolderDraft::from_backup(from, std::move(home)));
    const fs::path enrolled = draft.path() / enrolment_name;
    std::ifstream in{enrolled};
    if (!in)
        return Error{Errc::corrupt, from.string() + " is no backup of an agent: "
                                        + std::string{enrolment_name} + " is missing"};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    TILL_TRY(const auto enrolment, parse_enrolment(text, enrolled.string()));
    std::error_code failure;
    fs::remove(enrolled, failure);
    if (failure) return Error{Errc::io, enrolled.string() + ": " + failure.message()};
    TILL_TRY(const auto size, draft.finish());
    return RestoredAgent{enrolment.store, enrolment.workstation, size};
}

}  // namespace till

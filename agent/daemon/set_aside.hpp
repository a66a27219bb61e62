#pragma once

#include "agent/core/clock.hpp"
#include "agent/daemon/home.hpp"
#include "agent/journal/journal.hpp"

#include <filesystem>
#include <vector>

namespace till {

/// Whether that journal was found damaged, and then: its bytes lie in `damaged-G.db` as they were found,
/// and `journal-G.db` holds what could be read of it. Cheap for a healthy one: it is opened, and only
/// looked through when it is suspect. A power cut in between is made good by the next call.
///
/// Fails when what could be read cannot be written (disk_full, io), with the damaged file in place.
Result<bool> set_aside_damaged(const Home& home, const Home::Begun& journal,
                               const sync::Enrolment& enrolment, Clock& clock);

/// Captures in `current` what damaged journals among `earlier` are known to have lost, and the events
/// of theirs that their chains do not reach, so that the centre learns of both. Once for each journal,
/// however often it is called. A failure is logged; the next start tries again.
asio::awaitable<void> report_damage(Journal& current, std::vector<std::filesystem::path> earlier,
                                    const sync::Enrolment& enrolment);

}  // namespace till

#pragma once

#include "agent/tillctl/clients.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace till {

/// One thing that was looked at on a device, in words for whoever is on call.
struct Finding {
    enum class Verdict : std::uint8_t { well, watch, sick };
    std::string name;  ///< "journal", "certificate", …
    Verdict verdict = Verdict::well;
    std::string says;
    std::string remedy;  ///< What to do; empty when nothing is to be done.
};

/// What was found in a device's home, agent running or not; nothing is changed.
struct Examination {
    std::vector<Finding> findings;
    std::optional<boost::json::value> status;  ///< Of the agent, when it answers.
    bool is_well() const;                      ///< Nothing is sick.
};

/// `settings` is the settings file. Takes a few seconds where the centre does not answer.
Examination examine_device(const std::filesystem::path& home,
                           const std::filesystem::path& settings);

/// What a vendor's support needs, as JSON that can be read before it is sent: the findings, how files and
/// journals stand, settings and metrics. No event, no key, no token, and nothing of a customer.
boost::json::object support_bundle(const std::filesystem::path& home,
                                   const std::filesystem::path& settings,
                                   const Examination& examined);

}  // namespace till

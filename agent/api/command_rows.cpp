#include "agent/api/command_rows.hpp"

#include <algorithm>
#include <vector>

namespace till {

namespace {

constexpr std::uint8_t may(std::initializer_list<Role> roles) {
    unsigned sum = 0;
    for (const Role role : roles) sum |= static_cast<unsigned>(role);
    return static_cast<std::uint8_t>(sum);
}

template <class Command>
CommandRow row(std::string_view name, std::string_view path, std::uint8_t roles, Builder build) {
    return {.info = {name, "POST", path, &Command::default_instance(),
                     &v1::Captured::default_instance(), roles},
            .build = build};
}

template <class Question, class Answer>
CommandRow question(std::string_view name, std::string_view path, std::uint8_t roles) {
    return {.info = {name, "GET", path, &Question::default_instance(), &Answer::default_instance(),
                     roles}};
}

/// What it asks is not for a log of addresses.
CommandRow asked_by_body(CommandRow of) {
    of.info.method = "POST";
    return of;
}

CommandRow one_at_a_time(CommandRow of, bool reverses_receipt = false) {
    of.exclusive = true;
    of.reverses_receipt = reverses_receipt;
    return of;
}

CommandRow then_pulse(CommandRow of) {
    of.exclusive = true;
    of.opens_drawer = true;
    return of;
}

// The one table. A door knows nothing that is not in it.
const std::vector<CommandRow>& rows() {
    constexpr auto till = may({Role::pos});
    constexpr auto till_or_file = may({Role::pos, Role::foreign_pos});
    constexpr auto counting = may({Role::pos, Role::stock});
    constexpr auto stock = may({Role::pos, Role::stock, Role::foreign_pos});
    constexpr auto reading = may({Role::pos, Role::reader, Role::administrator});
    constexpr auto everyone =
        may({Role::pos, Role::stock, Role::reader, Role::foreign_pos, Role::administrator});
    static const std::vector<CommandRow> table = {
        row<v1::RecordTransaction>("record_transaction", "/v1/transactions", till_or_file,
                                   capture_transaction),
        one_at_a_time(
            row<v1::RecordPostVoid>("post_void", "/v1/post-voids", till, capture_post_void), true),
        one_at_a_time(
            row<v1::RecordControl>("record_control", "/v1/controls", till, capture_control)),
        row<v1::RecordTenderControl>("tender_control", "/v1/tender-controls", till,
                                     capture_tender_control),
        row<v1::IdentifyCustomer>("identify_customer", "/v1/customers/identify", till,
                                  capture_identification),
        row<v1::EnrolCustomer>("enrol_customer", "/v1/customers", till, capture_enrolment),
        row<v1::SetConsent>("set_consent", "/v1/consents", till, capture_consent),
        row<v1::RecordCount>("record_count", "/v1/stock/counts", counting, capture_count),
        row<v1::RecordAdjustment>("record_adjustment", "/v1/stock/adjustments", stock,
                                  capture_adjustment),
        row<v1::RecordUnknownScan>("record_unknown_scan", "/v1/scans/unknown", stock,
                                   capture_unknown_scan),
        row<v1::RecordRowsSetAside>("record_rows_set_aside", "", may({Role::foreign_pos}),
                                    capture_rows_set_aside),
        question<v1::ReadStatus, v1::Status>("status", "/v1/status", everyone),
        question<v1::ReadEvents, v1::EventPage>("read_events", "/v1/events", reading),
        question<v1::ReadMasterData, v1::MasterData>("read_master_data", "/v1/master-data",
                                                     everyone),
        question<v1::FindProduct, v1::MasterProduct>("find_product", "/v1/products", everyone),
        asked_by_body(question<v1::FindCustomer, v1::CustomerFound>("find_customer",
                                                                    "/v1/customers/find", till)),
        asked_by_body(question<v1::ReadScan, v1::Scan>("read_scan", "/v1/scans", stock)),
        asked_by_body(question<v1::TellDevice, v1::PeripheralName>("tell_device",
                                                                   "/v1/devices/tell", counting)),
        question<v1::FollowFeed, v1::FeedMessage>("follow_feed", "/v1/feed", reading),
        asked_by_body(question<v1::ShowOnDisplay, v1::PeripheralName>("show_on_display",
                                                                      "/v1/display", till)),
        then_pulse(
            row<v1::OpenDrawer>("open_drawer", "/v1/drawer/open", till, capture_drawer_order)),
        row<v1::RecordDrawer>("record_drawer", "", till, capture_drawer),
    };
    return table;
}

}  // namespace

const CommandRow* find_row(const google::protobuf::Descriptor* type) {
    const auto found = std::ranges::find_if(rows(), [&](const CommandRow& each) {
        return each.info.prototype->GetDescriptor() == type;
    });
    return found == rows().end() ? nullptr : &*found;
}

const CommandInfo* find_command(const google::protobuf::Descriptor* type) {
    const CommandRow* row = find_row(type);
    return row ? &row->info : nullptr;
}

std::span<const CommandInfo> commands() {
    static const std::vector<CommandInfo> infos = [] {
        std::vector<CommandInfo> all;
        for (const CommandRow& each : rows()) all.push_back(each.info);
        return all;
    }();
    return infos;
}

}  // namespace till

#include "sync/gateway/admin_api.hpp"

#include <array>

// The administrators' API, row by row: what is dispatched, and what is described.
namespace till::sync {

std::span<const AdminApi::Row> AdminApi::rows() {
    using Parameter = AdminParameter;
    static constexpr std::array one_journal = {Parameter{"journal", "A journal's id.", true}};
    static constexpr std::array of_events = {
        Parameter{"journal", "A journal's id.", true},
        Parameter{"after", "Events after this sequence; 0 when absent."},
        Parameter{"limit", "At most so many, up to 1000; 100 when absent."}};
    static constexpr std::array of_transactions = {
        Parameter{"day", "Business day, YYYY-MM-DD."},
        Parameter{"store", "Store."},
        Parameter{"lane", "Workstation."},
        Parameter{"number", "Receipt number; the answer then has the event as it is stored."},
        Parameter{"trace", "Trace id of the request that captured it, hexadecimal."},
        Parameter{"full", "Anything: each with its event as it is stored."},
        Parameter{"after", "`next` of the page before."},
        Parameter{"limit", "At most so many, up to 1000; 100 when absent."}};
    static constexpr std::array of_days = {
        Parameter{"day", "Business day, YYYY-MM-DD; all when absent."}};
    static constexpr std::array of_exceptions = {Parameter{"after", "The id of the last one seen."},
                                                 Parameter{"all", "Anything: settled ones, too."}};
    static constexpr std::array one_exception = {Parameter{"id", "Its number.", true}};
    static constexpr std::array of_closings = {
        Parameter{"id", "Its number.", true},
        Parameter{"note", "Why it may stay as it is; kept beside it.", true}};
    static constexpr std::array of_corrections = {
        Parameter{"id", "Its number; one whose event is held.", true},
        Parameter{"event", "The whole corrected event, in the names of events.proto.", true,
                  "object"},
        Parameter{"note", "Why; kept beside it."}};
    static constexpr std::array of_customers = {
        Parameter{"customer", "Her id; else type and value."},
        Parameter{"type",
                  "loyalty_card, phone, email, customer_number, vat_number, taiwan_carrier."},
        Parameter{"value", "The identifier, as it is written."},
        Parameter{"country", "ISO 3166-1, for phone numbers without \"+\"; GB when absent."}};
    static constexpr std::array of_merges = {
        Parameter{"kept", "The id of the customer who stays.", true},
        Parameter{"merged", "The id of the one who is the same.", true},
        Parameter{"reason", "Kept beside it."}};
    static constexpr std::array of_customer_imports = {
        Parameter{"customers",
                  "Up to a thousand objects: given_name, family_name, company, language, "
                  "loyalty_card, phone, email, customer_number, vat_number.",
                  true, "array"},
        Parameter{"country", "ISO 3166-1, for phone numbers without \"+\"; GB when absent."}};
    static constexpr std::array of_erasures = {
        Parameter{"customer", "Her id; else type and value."},
        Parameter{"type", "As for find_customer."},
        Parameter{"value", "The identifier, as it is written."},
        Parameter{"country", "ISO 3166-1, for phone numbers without \"+\"; GB when absent."},
        Parameter{"reason", "Kept beside it."}};
    static constexpr std::array one_customer = {Parameter{"customer", "Her id.", true}};
    static constexpr std::array of_reports = {
        Parameter{"currency", "Of the purchases that count; the one with most when absent."},
        Parameter{"until", "The last business day that counts; the newest when absent."},
        Parameter{"lapsed_days",
                  "Without a purchase for so long she has lapsed; 180 when absent."}};
    static constexpr std::array of_codes = {Parameter{"store", "Store.", true},
                                            Parameter{"lane", "Workstation.", true}};
    static constexpr std::array of_revocations = {
        Parameter{"device", "A device's id.", true},
        Parameter{"reason", "For the log and the list of devices."}};
    static constexpr std::array of_master_data = {
        Parameter{"list", "A list's name: its records are in the answer, up to a thousand."},
        Parameter{"after", "`next` of the page before."}};
    static constexpr std::array of_connectors = {Parameter{"connector", "Its name.", true}};
    static constexpr std::array of_imports = {
        Parameter{"stores", "MasterStore of masterdata.proto.", false, "array"},
        Parameter{"workstations", "MasterWorkstation.", false, "array"},
        Parameter{"operators", "MasterOperator; a PIN is never stored, only what it is checked by.",
                  false, "array"},
        Parameter{"tax_rules", "MasterTaxRule.", false, "array"},
        Parameter{"tenders", "MasterTender.", false, "array"},
        Parameter{"reasons", "MasterReason.", false, "array"},
        Parameter{"products", "MasterProduct.", false, "array"},
        Parameter{"whole", "Names of lists that are complete: what they lack is removed.", false,
                  "array"},
        Parameter{"dry_run", "Say what would change, and change nothing.", false, "boolean"}};
    static constexpr std::array all = {
        Row{{"GET", "/admin/v1/status", "status", "How journals, devices and tables stand.", {}},
            &AdminApi::status},
        Row{{"GET", "/admin/v1/ledger", "ledger", "One journal, walked and proved link by link.",
             one_journal},
            &AdminApi::ledger},
        Row{{"GET", "/admin/v1/events", "events", "Raw events of a journal.", of_events},
            &AdminApi::events},
        Row{{"GET", "/admin/v1/transactions", "transactions", "Projected transactions.",
             of_transactions},
            &AdminApi::transactions},
        Row{{"GET", "/admin/v1/reconciliation", "reconciliation",
             "Each device's own signed totals beside the centre's.", of_days},
            &AdminApi::reconciliation},
        Row{{"GET", "/admin/v1/exceptions", "exceptions", "What waits for a person.",
             of_exceptions},
            &AdminApi::exceptions},
        Row{{"GET", "/admin/v1/exceptions/one", "exception",
             "One of them, with the event as it is stored.", one_exception},
            &AdminApi::exception},
        Row{{"POST", "/admin/v1/exceptions/close", "close_exception", "Closes one as it stands.",
             of_closings},
            &AdminApi::close_exception},
        Row{{"POST", "/admin/v1/exceptions/correct", "correct_exception",
             "Projects a corrected event in place of a held one; the ledger keeps the original.",
             of_corrections},
            &AdminApi::correct_exception},
        Row{{"POST", "/admin/v1/customers/find", "find_customer",
             "A customer with all purchases, by any identifier.", of_customers},
            &AdminApi::find_customer},
        Row{{"GET",
             "/admin/v1/customers/duplicates",
             "duplicates",
             "Customers who may be one person, and those who were found to be.",
             {}},
            &AdminApi::duplicates},
        Row{{"POST", "/admin/v1/customers/merge", "merge_customers",
             "Two customers are one person. It can be undone.", of_merges},
            &AdminApi::merge},
        Row{{"POST", "/admin/v1/customers/separate", "separate_customers",
             "They are not, after all; no rule merges them again.", of_merges},
            &AdminApi::separate},
        Row{{"POST", "/admin/v1/customers/import", "import_customers",
             "Customers of another system; who is known is found again.", of_customer_imports},
            &AdminApi::import_customers},
        Row{{"POST", "/admin/v1/privacy/export", "export_person",
             "All that is known of a customer, signed (GDPR 15 and 20).", of_customers},
            &AdminApi::export_person},
        Row{{"POST", "/admin/v1/privacy/erase", "erase_person",
             "Erases a customer everywhere; answers with a signed report (GDPR 17).", of_erasures},
            &AdminApi::erase_person},
        Row{{"GET", "/admin/v1/privacy/erasure", "erasure",
             "Where an erasure is done and where pending, signed.", one_customer},
            &AdminApi::erasure},
        Row{{"GET", "/admin/v1/reports/retention", "retention_report",
             "Whether customers come back.", of_reports},
            &AdminApi::retention_report},
        Row{{"POST", "/admin/v1/enrolment-codes", "new_code",
             "A one-time code that makes a device known.", of_codes},
            &AdminApi::new_code},
        Row{{"GET", "/admin/v1/enrolment-codes", "codes", "Codes that were made.", {}},
            &AdminApi::codes},
        Row{{"GET", "/admin/v1/devices", "devices", "Every device.", {}}, &AdminApi::devices},
        Row{{"POST", "/admin/v1/devices/revoke", "revoke",
             "Shuts a device out at once and for ever.", of_revocations},
            &AdminApi::revoke},
        Row{{"GET", "/admin/v1/master-data", "master_data",
             "Version and size of the master data; the records of a list.", of_master_data},
            &AdminApi::master_data},
        Row{{"POST", "/admin/v1/master-data", "import_master_data",
             "Changes master data: all of an import, or nothing. Refused, `faults` names each "
             "fault.",
             of_imports},
            &AdminApi::import_master_data},
        Row{{"GET", "/admin/v1/crm", "crm", "How each connector stands.", {}}, &AdminApi::crm},
        Row{{"GET", "/admin/v1/crm/refused", "crm_refused",
             "What a CRM will not have as it is, the first thousand.", of_connectors},
            &AdminApi::crm_refused},
        Row{{"POST", "/admin/v1/crm/retry", "crm_retry",
             "Sends a connector's refused events again.", of_connectors},
            &AdminApi::crm_retry},
        Row{{"GET", "/admin/v1/openapi.json", "openapi", "This description.", {}},
            &AdminApi::openapi},
    };
    return all;
}

}  // namespace till::sync

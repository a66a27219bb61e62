#pragma once

#include "sync/crm/connector.hpp"
#include "sync/crm/tryton_client.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>

namespace till::sync {

/// Tryton 6.0: customers (party.party, code "till:cust:ID"), sales and returns (sale.sale, reference
/// "till:STORE-LANE-DAY-NUMBER", done at once, without invoice or shipment), consents (marketing.email rows of a
/// list; the party categories "consent:sms" and "consent:profiling"), approved stock counts (stock.inventory of the
/// store's storage location). What people change of a party there is read back.
///
/// Every write is an ensure: what is there by our key is finished or changed, never made twice. Stock Tryton
/// enforces no key of a sale: that it is looked up first, and only when what came before has surely ended, is
/// what keeps it single; with a unique reference (hardened) the loser is told, and looks again.
///
/// A sale's lines name products by GTIN or SKU where Tryton has them, else by their words. Its total is the
/// transaction's gross to the cent: discounts, tax on top and rounding are one line. Tryton reckons no tax.
class Tryton final : public CrmConnector {
public:
    struct Options {
        std::string name;  ///< For logs and the state, for ever.
        TrytonClient::Options server;
        std::chrono::milliseconds settle{5000};
        std::string list = "Newsletter";  ///< marketing.email.list of those who may be written to.
    };
    explicit Tryton(Options options) : options_{std::move(options)}, client_{options_.server} {}

    const std::string& name() const override { return options_.name; }
    std::size_t batch_max() const override { return 50; }
    bool wants_person() const override { return true; }
    std::chrono::milliseconds settle() const override { return options_.settle; }
    bool wants(const v1::Event& event) const override;
    std::vector<CrmOutcome> apply(std::span<const CrmEvent> events) override;
    /// Says none: apply() looks by itself, and may have to finish what it finds.
    Result<std::vector<bool>> look_up(std::span<const CrmEvent> events) override;
    Result<std::string> read_changes(const std::string& since, const Wanted& wanted,
                                     const Visit& visit) override;
    void stop() override { client_.stop(); }

private:
    using Json = boost::json::value;
    struct Party {
        std::int64_t id = 0, address = 0;
        bool replaced = false;  // By another, into which it was merged.
    };

    Result<void> ensure(const CrmEvent& event);
    Result<void> ensure_sale(const CrmEvent& event, const v1::RetailTransaction& sale,
                             const std::string& number);
    Result<void> finish_sale(std::int64_t id, std::string_view state);
    Result<boost::json::object> sale_of(const CrmEvent& event, const v1::RetailTransaction& sale,
                                        const std::string& reference);
    Result<boost::json::array> lines_of(const v1::RetailTransaction& sale);
    Result<Party> ensure_party(const CrmEvent& event);
    Result<std::vector<Party>> find_parties(boost::json::array wanted);
    /// All that are her: by our code of each of her family, or as Tryton told of her.
    Result<std::vector<Party>> parties_of(const CrmEvent& event);
    Result<void> unite(const CrmEvent& event, std::vector<Party>& parties);
    Result<void> create_party(const CrmEvent& event);
    Result<void> add_address(const Party& party, const v1::Personal& person);
    Result<void> update_party(const Party& party, const v1::Personal& fresh);
    Result<void> erase(const CrmEvent& event);
    Result<void> erase_party(std::int64_t party);
    Result<void> run_wizard(const std::string& wizard, const char* button, const Json& form,
                            std::int64_t party);
    Result<void> ensure_counted(const CrmEvent& event);
    Result<boost::json::array> rows(const std::string& model, boost::json::array wanted,
                                    std::initializer_list<std::string_view> fields);
    struct Change {
        std::int64_t at_ms = 0;   // The newest date of its rows.
        std::uint64_t state = 0;  // Of all of them.
        void add(std::string_view row, std::int64_t id, std::int64_t changed_ms);
    };
    using Changed = std::map<std::int64_t, Change>;  // By party.
    Result<std::int64_t> add_changed(const char* model, const char* party_field, bool has_active,
                                     std::int64_t since_ms, Changed& changed);
    Result<std::int64_t> add_changed_emails(std::int64_t since_ms, Changed& changed);
    Result<std::vector<CrmRecord>> read_parties(std::span<const std::int64_t> parties,
                                                const Changed& changed);
    Result<void> add_email_consents(std::vector<CrmRecord>& records);
    Result<void> ensure_consents(const CrmEvent& event, const Party& party);
    Result<void> ensure_listed(const std::string& email, bool granted);
    Result<std::int64_t> required(const std::string& model, const std::string& field,
                                  const std::string& value, const char* of);
    Result<std::int64_t> product(const v1::Item& item);
    /// The ids that a domain finds; at most two.
    Result<std::vector<std::int64_t>> search(const std::string& model, boost::json::array domain);

    Options options_;
    TrytonClient client_;
    std::map<std::string, std::int64_t>
        known_;  // Currencies, warehouses, products, lists, by their names.
};

}  // namespace till::sync

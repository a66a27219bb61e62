#include "sync/gateway/customer_desk.hpp"

#include "agent/runtime/deadline.hpp"
#include "agent/runtime/log.hpp"
#include "sync/wire/centre.hpp"

namespace till::sync {

using Desk = ProjectionService::Desk;
using namespace std::chrono_literals;

namespace {

constexpr auto between_looks = 250ms;
constexpr auto after_trouble = 5s;
constexpr std::size_t at_once = 500;

/// What a till may know of her. Fails with not_found when there is nobody any more.
Result<v1::CustomerCard> card_of(Desk& desk, const std::vector<CustomerId>& family,
                                 const CustomerView& view) {
    TILL_TRY(const v1::Personal person, desk.vault.show(family.front()));
    v1::CustomerCard card;
    card.set_customer(Bytes{family.front().value().bytes()});
    card.set_given_name(person.given_name());
    card.set_family_name(person.family_name());
    card.set_company(person.company());
    card.set_language(view.language);
    card.set_business(view.business);
    for (const auto& each : person.identifiers())
        if (each.type() != v1::IDENTIFIER_TYPE_UNSPECIFIED) *card.add_identifiers() = each;
    for (const ConsentState& state : view.consents) {
        v1::ConsentSet& consent = *card.add_consents();
        consent.set_purpose(static_cast<v1::ConsentSet::Purpose>(state.purpose));
        consent.set_channel(static_cast<v1::ConsentSet::ConsentChannel>(state.channel));
        consent.set_granted(state.granted);
        consent.set_at_ms(state.at_ms);
    }
    return card;
}

struct Told {
    std::vector<Projector::CustomerNews> news;
    std::vector<FeedDesk::Customer> customers;
};

/// One who was merged, or erased, is told of no more; of a merge both have news.
Result<void> add(Desk& desk, Projector::CustomerNews& news, std::int64_t everywhere_ms,
                 std::int64_t now_ms, Told& told) {
    auto& customer = told.customers.emplace_back(FeedDesk::Customer{.id = news.customer});
    TILL_TRY(const auto family, desk.vault.family(news.customer));
    if (family.front() != news.customer) return {};
    const auto view = desk.queries.customer_head(family);
    if (!view && view.error().code == Errc::not_found) return {};
    if (!view) return view.error();
    auto card = card_of(desk, family, *view);
    if (!card && card.error().code == Errc::not_found) return {};
    if (!card) return card.error();
    customer.card = *std::move(card);
    const std::int64_t until = view->last_seen_ms + everywhere_ms;
    if (until > now_ms) {
        news.until_ms = until;
        customer.stores = {""};
        return {};
    }
    TILL_TRY(customer.stores, desk.queries.stores_of(family));
    return {};
}

}  // namespace

asio::awaitable<void> CustomerDesk::run() {
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (bool heard = true;;) {
        const auto erased = co_await erase_sealed();
        const auto told = co_await tell_tills();
        const bool done = erased && told;
        if (!done && heard)
            log(LogLevel::error, "customers", "the tills or the ledger are behind",
                {{"cause", (erased ? told : erased).error().detail}});
        heard = done;
        const bool busy = done && (*erased || *told);
        pause.expires_after(!done ? after_trouble : busy ? 1ms : between_looks);
        const auto [cancelled] = co_await pause.async_wait(nothrow);
        if (cancelled) co_return;
    }
}

asio::awaitable<Result<bool>> CustomerDesk::tell_tills() {
    const auto look = [everywhere = everywhere_.count(),
                       now = clock_.now().wall.value()](Desk& desk) -> Result<Told> {
        Told told;
        TILL_TRY(told.news, desk.projector.customer_news(at_once, now));
        for (auto& news : told.news) TILL_TRY_VOID(add(desk, news, everywhere, now, told));
        return told;
    };
    TILL_CO_TRY(Told told, co_await projection_.ask<Told>(look));
    if (told.news.empty()) co_return false;
    const bool full = told.news.size() == at_once;
    TILL_CO_TRY_VOID(co_await feeds_.tell(std::move(told.customers)));
    const auto note = [news = std::move(told.news)](Desk& desk) {
        return desk.projector.told(news);
    };
    TILL_CO_TRY_VOID(co_await projection_.ask<void>(note));
    co_return full;
}

asio::awaitable<Result<bool>> CustomerDesk::erase_sealed() {
    using Events = std::map<JournalId, std::vector<Seq>>;
    const auto look = [](Desk& desk) { return desk.projector.sealed_to_erase(at_once); };
    TILL_CO_TRY(const auto events, co_await projection_.ask<Events>(look));
    for (const auto& [journal, seqs] : events) {
        TILL_CO_TRY_VOID(co_await ledger_.erase_sealed(journal, seqs));
        TILL_CO_TRY(const auto row, co_await ledger_.find(journal));
        std::vector<FeedDesk::Erasure> erasures;
        for (const Seq seq : seqs)
            erasures.push_back({journal.value().text() + "/" + std::to_string(seq.value()),
                                row ? row->store : std::string{}});
        if (row && row->device != centre_device())
            TILL_CO_TRY_VOID(co_await feeds_.tell_erasures(std::move(erasures)));
        const auto note = [&](Desk& desk) { return desk.projector.erased(journal, seqs); };
        TILL_CO_TRY_VOID(co_await projection_.ask<void>(note));
    }
    co_return !events.empty();
}

asio::awaitable<v1::CustomerAnswer> who_is(ProjectionService& projection,
                                           v1::CustomerQuestion question) {
    using Found = std::optional<v1::CustomerCard>;
    const auto look = [&question](Desk& desk) -> Result<Found> {
        const auto& asked = question.identifier();
        TILL_TRY(const auto customer, desk.vault.find(asked.type(), asked.value()));
        if (!customer) return Found{};
        TILL_TRY(const auto family, desk.vault.family(*customer));
        TILL_TRY(const auto view, desk.queries.customer_head(family));
        TILL_TRY(auto card, card_of(desk, family, view));
        card.clear_identifiers();
        return Found{std::move(card)};
    };
    auto found = co_await projection.ask<Found>(look);
    v1::CustomerAnswer answer;
    answer.set_id(question.id());
    answer.set_unavailable(!found);
    if (found && *found) *answer.mutable_customer() = **std::move(found);
    co_return answer;
}

}  // namespace till::sync

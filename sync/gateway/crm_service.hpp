#pragma once

#include "agent/core/clock.hpp"
#include "sync/crm/outbox.hpp"
#include "sync/gateway/centre_journal.hpp"
#include "sync/gateway/home.hpp"
#include "sync/gateway/projection_service.hpp"
#include "sync/gateway/settings.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace till::sync {

/// The gateway's connectors, each with an outbox and a thread of its own: one that is slow or away holds up no
/// other, and no device. Only the gateway that projects has any.
class CrmService {
public:
    using OpenStore = std::function<Result<std::unique_ptr<Store>>()>;
    /// Changes in a CRM are said in `own`, and what one refuses is an exception of `projection`.
    static Result<std::unique_ptr<CrmService>> open(const HomePaths& home, const HomeKeys& keys,
                                                    const GatewaySettings& settings,
                                                    const OpenStore& reading, CentreJournal& own,
                                                    ProjectionService& projection, Clock& clock,
                                                    Random& random);
    ~CrmService();  ///< Ends what is under way, then joins.

    void start();

    /// How a connector stands. From any thread.
    struct State {
        std::string name, url;
        std::uint64_t behind = 0;   ///< Events of the tables that it has not been offered.
        std::uint64_t refused = 0;  ///< What the CRM will not have as it is.
        std::string trouble;        ///< Why it stands still; empty: it does not.
    };
    Result<std::vector<State>> states();
    /// not_found for a name that there is not.
    Result<std::vector<OutboxState::Refusal>> refused(const std::string& name, std::size_t most);
    Result<std::uint64_t> retry(const std::string& name);
    /// A person saw to an exception: if it is a CRM's, its event is sent again, or never.
    enum class Seen : std::uint8_t { corrected, closed };
    Result<void> settle(const ExceptionRow& exception, Seen how);
    /// Which connectors have taken this event.
    Result<std::vector<std::pair<std::string, bool>>> reached(const JournalId& journal, Seq seq);
    /// Every connector has been offered this journal up to here; the highest there is without connectors.
    Result<Seq> offered(const JournalId& journal);

private:
    struct Runner;
    CrmService(ProjectionService& projection, Clock& clock);
    Result<Runner*> find(const std::string& name);
    void run(Runner& runner);
    void tell_refused(Runner& runner);
    /// Whether to look again soon.
    bool read_back(Runner& runner);

    ProjectionService& projection_;
    Clock& clock_;
    std::unique_ptr<OutboxState> state_;
    std::vector<std::unique_ptr<Runner>> runners_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;  // Last: they use the others.
};

}  // namespace till::sync

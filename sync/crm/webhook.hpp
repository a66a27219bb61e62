#pragma once

#include "sync/crm/connector.hpp"
#include "sync/crm/http_client.hpp"

#include <functional>
#include <string>

namespace till::sync {

/// Hands events to any HTTP server as CloudEvents 1.0 in batches (JSON batch format), signed as Standard Webhooks
/// are (webhook-id, webhook-timestamp, webhook-signature: HMAC-SHA-256 with every secret that is valid now, so
/// that a receiver may know the old or the new one while they are changed).
///
/// `id` is "journal/seq" for ever: a receiver that keeps the ids it has taken may be sent one twice and takes
/// it once. It answers 2xx when all of a batch is safe with it. With it may come
///   {"rejected": [{"id": …, "field": …, "detail": …}]}
/// for events that it will never take; they become exceptions and are not sent again by themselves.
class Webhook final : public CrmConnector {
public:
    struct Options {
        std::string name;  ///< For logs and the state, for ever.
        std::string url;
        std::filesystem::path authorities;  ///< Empty: the system's.
        std::size_t batch_max = 100;
        std::chrono::milliseconds answer_limit{30'000};
        bool person = false;  ///< Names and identifiers go with the events.
        /// Reads the secrets anew for each batch, the newest first; at least one.
        std::function<Result<std::vector<Secret>>()> secrets;
        std::function<WallTime()> now;
    };
    explicit Webhook(Options options);

    const std::string& name() const override { return options_.name; }
    std::size_t batch_max() const override { return options_.batch_max; }
    bool wants_person() const override { return options_.person; }
    /// A repetition does no harm: there is nothing to wait for.
    std::chrono::milliseconds settle() const override { return {}; }
    bool wants(const v1::Event& event) const override;
    std::vector<CrmOutcome> apply(std::span<const CrmEvent> events) override;
    Result<std::vector<bool>> look_up(std::span<const CrmEvent> events) override;
    void stop() override { client_.stop(); }

private:
    CrmOutcome send(std::span<const CrmEvent> events, std::vector<CrmOutcome>& into);

    Options options_;
    HttpClient client_;
};

/// One event in CloudEvents' JSON format.
std::string cloud_event(const CrmEvent& event);

/// A secret as files have it: "whsec_" and base64, or any other text as it stands. Fails with malformed when it
/// is shorter than 24 bytes.
Result<Secret> webhook_secret(std::string_view text);
/// "v1,<base64>": over "id.timestamp.body".
std::string webhook_signature(const Secret& secret, std::string_view id, std::string_view timestamp,
                              BytesView body);

}  // namespace till::sync

#include "sync/wire/centre.hpp"

#include "agent/crypto/hash.hpp"
#include "sync/wire/events.pb.h"

namespace till::sync {

namespace {

Uuid named(BytesView what, BytesView whose) {
    constexpr std::size_t uuid_bytes = 16;
    const Digest digest = Sha256{}.add(what).add(whose).finish();
    return Uuid::from_bytes(view(digest).substr(0, uuid_bytes)).value_or(Uuid{});
}

}  // namespace

DeviceId centre_device() {
    static const DeviceId id{named("tillstream.centre", {})};
    return id;
}

JournalId centre_journal(BytesView store_epoch) {
    return JournalId{named("tillstream.centre.journal", store_epoch)};
}

bool is_centre_fact(Kind kind) {
    using tillstream::v1::Event;
    return kind.value() >= Event::kCustomerChangedFieldNumber
           && kind.value() <= Event::kCustomerErasedFieldNumber;
}

}  // namespace till::sync

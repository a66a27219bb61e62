#include "sync/tls/note_trust.hpp"

#include "agent/runtime/system_clock.hpp"
#include "sync/tls/authority.hpp"

#include <catch2/catch.hpp>

using namespace till;
using namespace till::sync;

TEST_CASE("tls: a note counts only with a key that the enrolment's authority vouches for",
          "[tls]") {
    const WallTime now{SystemClock{}.now().wall.value() / 1000 * 1000};
    const Validity valid{now, WallTime{now.value() + 86'400'000}};
    const auto centre = Authority::make("centre", valid);
    const auto stranger = Authority::make("stranger", valid);
    const SigningKeyPair pair = make_signing_key_pair();
    const auto statement = note_key_statement(pair.public_key);
    const auto kept_by = [&](const Authority& authority) {
        const NoteSigner signer{{pair.public_key, Secret{pair.private_key.reveal()}},
                                authority.vouch(statement)};
        Note note;
        note.store_epoch = "0123456789abcdef";
        note.last = Seq{1};
        return KeptNote{signer.sign(note), signer.key()};
    };
    CHECK(verify_note(kept_by(*centre), centre->certificate_pem()));
    CHECK_FALSE(verify_note(kept_by(*stranger), centre->certificate_pem()));
    auto changed = kept_by(*centre);
    changed.note.last = Seq{2};
    CHECK_FALSE(verify_note(changed, centre->certificate_pem()));
}

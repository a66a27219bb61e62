#include "sync/wire/note.hpp"

#include "agent/core/hex.hpp"
#include "sync/wire/frames.pb.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace till;
using namespace till::sync;

namespace {

/// The second cell of the row of WIRE.md that begins with this name.
Bytes vector(const std::string& name) {
    std::ifstream file{TILL_WIRE_MD};
    const std::string row = "| " + name + " | ";
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(row))
            return *unhex(line.substr(row.size(), line.rfind(" |") - row.size()));
    FAIL("no vector " + name);
    return {};
}

NoteSigner signer() {
    const Bytes public_key = vector("note public key");
    return {{public_key, Secret{vector("note seed") + public_key}}, "vouched for"};
}

/// Of the three records that WIRE.md chains.
Note some_note() {
    Note note;
    note.store_epoch = "0123456789abcdef";
    note.journal = JournalId{*Uuid::parse("0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42")};
    note.last = Seq{3};
    note.hash =
        *to_digest(*unhex("fff1663b726f3a41de95e7286bf55f3256438179d005a4874011323f7d95eee8"));
    note.time = WallTime{1'772'434'806'000};
    return note;
}

}  // namespace

TEST_CASE("wire: a note has the bytes and the signature that WIRE.md prints", "[wire]") {
    const Note note = signer().sign(some_note());
    CHECK(hex(note.key_id) == hex(vector("note key id")));
    CHECK(hex(note_statement(note)) == hex(vector("note statement")));
    CHECK(hex(note.signature) == hex(vector("note signature")));
    CHECK(verify_note(note, signer().key()));
}

TEST_CASE("wire: a note with any field changed does not verify", "[wire]") {
    const NoteSigner by = signer();
    const Note good = by.sign(some_note());
    std::vector<Note> others(7, good);
    others[0].store_epoch[0] ^= 1;
    others[1].journal = JournalId{Uuid{}};
    others[2].first = Seq{2};
    others[3].last = Seq{4};
    others[4].hash[31] ^= 1;
    others[5].time = WallTime{0};
    others[6].signature[63] ^= 1;
    for (const Note& other : others)
        CHECK(verify_note(other, by.key()).error().code == Errc::not_trusted);
    const SigningKeyPair another = make_signing_key_pair();
    CHECK(verify_note(good, {another.public_key, {}}).error().code == Errc::not_trusted);
}

TEST_CASE("wire: a note survives its message, and a message of wrong sizes is no note", "[wire]") {
    tillstream::v1::Note message;
    put(message, signer().sign(some_note()));
    const auto read = note_of(message);
    REQUIRE(read);
    CHECK(verify_note(*read, signer().key()));
    for (const auto spoil : {0, 1, 2, 3}) {
        auto wrong = message;
        if (spoil == 0) wrong.set_store_epoch("short");
        if (spoil == 1) wrong.set_last_hash("short");
        if (spoil == 2) wrong.set_signature("short");
        if (spoil == 3) wrong.set_first_seq(4);
        CHECK_FALSE(note_of(wrong));
    }
}

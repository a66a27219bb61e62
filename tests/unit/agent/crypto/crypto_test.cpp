#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "agent/crypto/pin.hpp"
#include "agent/crypto/sealing.hpp"
#include "agent/crypto/signing.hpp"
#include "agent/crypto/system_random.hpp"

#include <catch2/catch.hpp>

using namespace till;

TEST_CASE("crypto: SHA-256 answers the published vectors, whole or in pieces", "[crypto]") {
    const auto abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    CHECK(hex(sha256("abc")) == abc);
    CHECK(hex(Sha256{}.add("a").add("").add("bc").finish()) == abc);
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(Sha256{}.add_u32(0x61626364).finish() == sha256("abcd"));
    CHECK(Sha256{}.add_u64(0x6162636465666768).finish() == sha256("abcdefgh"));
}

TEST_CASE("crypto: a PIN is known by its verifier, which costs what ours cost and no more",
          "[crypto]") {
    const Bytes verifier = make_pin_verifier(Secret{"4711"});
    CHECK(is_pin(Secret{"4711"}, verifier));
    CHECK_FALSE(is_pin(Secret{"4712"}, verifier));
    CHECK_FALSE(is_pin(Secret{""}, verifier));
    CHECK(make_pin_verifier(Secret{"4711"}) != verifier);
    CHECK_FALSE(is_pin(Secret{"4711"}, ""));
    CHECK_FALSE(is_pin(Secret{"4711"}, "$argon2id$v=19$m=4194304,t=99,p=1$c2FsdHNhbHQ$aGFzaA"));
    CHECK_FALSE(is_pin(Secret{"4711"}, verifier + std::string(200, 'A')));
}

TEST_CASE("crypto: what is sealed opens at the centre and nowhere else", "[crypto]") {
    const auto centre = make_sealing_key_pair(7), other = make_sealing_key_pair(8);
    auto sealed = *seal(centre.key, "+886912345678");
    CHECK(sealed.find("0912345678") == Bytes::npos);
    CHECK(*unseal(centre, sealed) == "+886912345678");
    CHECK(unseal(other, sealed).error().code == Errc::not_trusted);
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    CHECK(unseal(centre, sealed).error().code == Errc::not_trusted);
    CHECK(unseal(centre, "short").error().code == Errc::malformed);
    CHECK_FALSE(seal({1, "not a key"}, "x"));
}

TEST_CASE("crypto: cipher text is bound to its key and its context", "[crypto]") {
    const Secret key = make_key(), other = make_key();
    const auto cipher = encrypt(key, "Grace", "customer 1");
    CHECK(*decrypt(key, cipher, "customer 1") == "Grace");
    CHECK(decrypt(key, cipher, "customer 2").error().code == Errc::not_trusted);
    CHECK(decrypt(other, cipher, "customer 1").error().code == Errc::not_trusted);
    CHECK(encrypt(key, "Grace", "customer 1") != cipher);  // A nonce is never used twice.
}

TEST_CASE("crypto: a signature is by one key over one message", "[crypto]") {
    const auto pair = make_signing_key_pair(), other = make_signing_key_pair();
    const auto signature = sign(pair, "1 to 48213");
    CHECK(verify_signature(pair.public_key, "1 to 48213", signature));
    CHECK_FALSE(verify_signature(pair.public_key, "1 to 48214", signature));
    CHECK_FALSE(verify_signature(other.public_key, "1 to 48213", signature));
    CHECK_FALSE(verify_signature("short", "1 to 48213", signature));
}

TEST_CASE("crypto: a keyed hash needs its key, and comparing takes the whole value", "[crypto]") {
    const Secret key = make_key(), other = make_key();
    CHECK(keyed_hash(key, "card") == keyed_hash(key, "card"));
    CHECK(keyed_hash(key, "card") != keyed_hash(other, "card"));
    CHECK(equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST_CASE("crypto: random UUIDs differ", "[crypto]") {
    SystemRandom random;
    CHECK(random.uuid() != random.uuid());
}

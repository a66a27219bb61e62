#include "agent/crypto/signing.hpp"

#include "agent/crypto/sodium.hpp"

namespace till {

SigningKeyPair make_signing_key_pair() {
    detail::ensure_sodium();
    Bytes public_key(crypto_sign_PUBLICKEYBYTES, '\0'),
        private_key(crypto_sign_SECRETKEYBYTES, '\0');
    crypto_sign_keypair(reinterpret_cast<unsigned char*>(public_key.data()),
                        reinterpret_cast<unsigned char*>(private_key.data()));
    SigningKeyPair pair{std::move(public_key), Secret{private_key}};
    sodium_memzero(private_key.data(), private_key.size());
    return pair;
}

Bytes sign(const SigningKeyPair& pair, BytesView message) {
    Bytes signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                         octets(message).data(), message.size(),
                         octets(pair.private_key.reveal()).data());
    return signature;
}

Result<void> verify_signature(BytesView public_key, BytesView message, BytesView signature) {
    if (public_key.size() != crypto_sign_PUBLICKEYBYTES || signature.size() != crypto_sign_BYTES)
        return Error{Errc::malformed, "an Ed25519 key has 32 bytes and a signature 64"};
    if (crypto_sign_verify_detached(octets(signature).data(), octets(message).data(),
                                    message.size(), octets(public_key).data())
        != 0)
        return Error{Errc::not_trusted, "signature does not verify"};
    return {};
}

}  // namespace till

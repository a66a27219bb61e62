#include "agent/crypto/sealing.hpp"

#include "agent/crypto/sodium.hpp"

#include <cstdlib>

namespace till {

namespace {

unsigned char* data(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* data(BytesView bytes) { return octets(bytes).data(); }

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

void require_key(const Secret& key) {
    if (key.reveal().size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES) std::abort();
}

}  // namespace

SealingKeyPair make_sealing_key_pair(std::uint32_t id) {
    detail::ensure_sodium();
    Bytes public_key(crypto_box_PUBLICKEYBYTES, '\0'), private_key(crypto_box_SECRETKEYBYTES, '\0');
    crypto_box_keypair(data(public_key), data(private_key));
    SealingKeyPair pair{{id, std::move(public_key)}, Secret{private_key}};
    sodium_memzero(private_key.data(), private_key.size());
    return pair;
}

Result<Bytes> seal(const SealingKey& key, BytesView plain) {
    detail::ensure_sodium();
    if (key.public_key.size() != crypto_box_PUBLICKEYBYTES)
        return Error{Errc::malformed, "a sealing key has 32 bytes"};
    Bytes sealed(plain.size() + crypto_box_SEALBYTES, '\0');
    if (crypto_box_seal(data(sealed), data(plain), plain.size(), data(BytesView{key.public_key}))
        != 0)
        return Error{Errc::malformed, "the sealing key is not a usable point"};
    return sealed;
}

Result<Bytes> unseal(const SealingKeyPair& pair, BytesView sealed) {
    if (sealed.size() < crypto_box_SEALBYTES)
        return Error{Errc::malformed, "sealed part cut short"};
    Bytes plain(sealed.size() - crypto_box_SEALBYTES, '\0');
    if (crypto_box_seal_open(data(plain), data(sealed), sealed.size(),
                             data(BytesView{pair.key.public_key}), data(pair.private_key.reveal()))
        != 0)
        return Error{Errc::not_trusted, "sealed part does not open with this key"};
    return plain;
}

Bytes encrypt(const Secret& key, BytesView plain, BytesView context) {
    detail::ensure_sodium();
    require_key(key);
    Bytes cipher(nonce_bytes + plain.size() + tag_bytes, '\0');
    randombytes_buf(cipher.data(), nonce_bytes);
    unsigned long long written = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(data(cipher) + nonce_bytes, &written, data(plain),
                                               plain.size(), data(context), context.size(), nullptr,
                                               data(cipher), data(key.reveal()));
    return cipher;
}

Result<Bytes> decrypt(const Secret& key, BytesView cipher, BytesView context) {
    require_key(key);
    if (cipher.size() < nonce_bytes + tag_bytes)
        return Error{Errc::malformed, "cipher text cut short"};
    Bytes plain(cipher.size() - nonce_bytes - tag_bytes, '\0');
    unsigned long long written = 0;
    const BytesView body = cipher.substr(nonce_bytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(data(plain), &written, nullptr, data(body),
                                                   body.size(), data(context), context.size(),
                                                   data(cipher), data(key.reveal()))
        != 0)
        return Error{Errc::not_trusted, "cipher text does not open with this key"};
    return plain;
}

Secret make_key() {
    detail::ensure_sodium();
    Bytes key(32, '\0');
    randombytes_buf(key.data(), key.size());
    Secret secret{key};
    sodium_memzero(key.data(), key.size());
    return secret;
}

}  // namespace till

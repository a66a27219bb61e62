#include "sync/tls/tls_error.hpp"

#include <string>

namespace till::sync {

namespace {

// Boost gives its base no public destructor on purpose; nothing deletes a category.
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "tls"; }
    std::string message(int value) const override {
        switch (static_cast<TlsErrc>(value)) {
            case TlsErrc::truncated:
                return "the connection ended without notice";
            case TlsErrc::untrusted:
                return "the certificate was refused";
            case TlsErrc::refused:
                return "the other end refused";
            case TlsErrc::protocol:
                return "not TLS as spoken here";
        }
        return "unknown";
    }
};

}  // namespace

const boost::system::error_category& tls_category() {
    static const Category category;
    return category;
}

boost::system::error_code make_error_code(TlsErrc code) {
    return {static_cast<int>(code), tls_category()};
}

}  // namespace till::sync

#include "sync/postgres/postgres.hpp"

#include <libpq-fe.h>

namespace till::sync {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

Result<PostgresAddress> PostgresAddress::parse(std::string_view url) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options{
        PQconninfoParse(std::string{url}.c_str(), &complaint)};
    if (complaint != nullptr) PQfreemem(complaint);  // It may quote the password.
    if (!options || url.empty())
        return Error{Errc::malformed, "not the address of a PostgreSQL database", "",
                     "postgresql://user:password@host:port/database"};
    PostgresAddress address;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option)
        if (option->val != nullptr) address.words_.emplace_back(option->keyword, option->val);
    return address;
}

std::string_view PostgresAddress::word(std::string_view key) const {
    for (const auto& [name, value] : words_)
        if (name == key) return value;
    return {};
}

std::string PostgresAddress::text() const {
    std::string text{word("user")};
    if (!text.empty()) text += '@';
    text += word("host");
    if (!word("port").empty()) text += ":" + std::string{word("port")};
    return text + "/" + std::string{word("dbname")};
}

}  // namespace till::sync

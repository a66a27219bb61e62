#include "sync/gateway/postgres/migrations.sql.hpp"
#include "sync/gateway/registry_rows.hpp"
#include "sync/postgres/postgres_line.hpp"

namespace till::sync {

using namespace detail;

namespace {

Result<std::optional<Registry::Device>> find_device(Postgres& db, const DeviceId& id) {
    TILL_TRY(const auto rows,
             db.ask(select(device_columns, "device WHERE device = $1"), id.value()));
    if (rows.size() == 0) return std::optional<Registry::Device>{};
    return std::optional{read_device(rows[0])};
}

Result<Registry::Code> find_code(Postgres& db, const Digest& secret_hash, WallTime now,
                                 std::string_view lock) {
    TILL_TRY(
        const auto rows,
        db.ask(select(code_columns, "code WHERE secret_hash = $1 ").append(lock), secret_hash));
    std::optional<Registry::Code> code;
    if (rows.size() == 1) code = read_code(rows[0]);
    return Registry::usable(std::move(code), now);
}

// One try. Done twice it enrols once: the device's id is made anew for each request.
Result<Registry::Device> enrol_device(Postgres& db, const Digest& secret_hash,
                                      Registry::Device device, std::uint32_t generations,
                                      WallTime now) {
    TILL_TRY(auto before, find_device(db, device.id));
    if (before) return *std::move(before);
    TILL_TRY(const auto code, find_code(db, secret_hash, now, "FOR UPDATE"));
    device.store = code.store;
    device.workstation = code.workstation;
    device.enrolled = now;
    TILL_TRY_VOID(
        db.ask("UPDATE code SET used_ms = $1 WHERE secret_hash = $2", now.value(), secret_hash));
    TILL_TRY(
        const auto next,
        db.ask("INSERT INTO generation AS g (store, workstation, next) VALUES($1, $2, 1 + $3) "
               "ON CONFLICT (store, workstation) DO UPDATE SET next = g.next + $3 "
               "RETURNING next",
               BytesView{device.store}, BytesView{device.workstation}, std::int64_t{generations}));
    device.first_generation = static_cast<std::uint32_t>(next[0].integer(0)) - generations;
    device.last_generation = device.first_generation + generations - 1;
    TILL_TRY_VOID(db.ask("INSERT INTO device VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                         device.id.value(), BytesView{device.store}, BytesView{device.workstation},
                         BytesView{device.certificate_pem}, BytesView{device.serial},
                         BytesView{device.key_sha256}, device.enrolled.value(),
                         device.not_after.value(), std::int64_t{device.first_generation},
                         std::int64_t{device.last_generation}));
    return device;
}

class PostgresRegistry final : public Registry {
public:
    explicit PostgresRegistry(const PostgresAddress& address)
        : line_{address, [](Postgres& fresh) {
                    return migrate(fresh, "gateway", sql::sync_gateway_postgres);
                }} {}

    Result<void> open() {
        TILL_TRY_VOID(line_.connected());
        return {};
    }

    Result<void> add_code(const Digest& secret_hash, const Code& code) override {
        return change(
            "INSERT INTO code(secret_hash, store, workstation, created_ms, expires_ms) "
            "VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            secret_hash, BytesView{code.store}, BytesView{code.workstation}, code.created.value(),
            code.expires.value());
    }

    Result<std::vector<Code>> codes() override {
        return line_.retried([](Postgres& db) -> Result<std::vector<Code>> {
            TILL_TRY(const auto rows,
                     db.ask(select(code_columns, "code ORDER BY created_ms, secret_hash")));
            std::vector<Code> codes;
            for (std::size_t i = 0; i < rows.size(); ++i) codes.push_back(read_code(rows[i]));
            return codes;
        });
    }

    Result<Code> check_code(const Digest& secret_hash, WallTime now) override {
        return line_.retried([&](Postgres& db) { return find_code(db, secret_hash, now, ""); });
    }

    Result<Device> enrol(const Digest& secret_hash, Device device, std::uint32_t generations,
                         WallTime now) override {
        return line_.in_transaction(
            [&](Postgres& db) { return enrol_device(db, secret_hash, device, generations, now); });
    }

    Result<std::optional<Device>> find(const DeviceId& id) override {
        return line_.retried([&](Postgres& db) { return find_device(db, id); });
    }

    Result<std::vector<Device>> devices() override {
        return line_.retried([](Postgres& db) -> Result<std::vector<Device>> {
            TILL_TRY(
                const auto rows,
                db.ask(select(device_columns, "device ORDER BY store, workstation, enrolled_ms")));
            std::vector<Device> devices;
            for (std::size_t i = 0; i < rows.size(); ++i) devices.push_back(read_device(rows[i]));
            return devices;
        });
    }

    Result<void> renew(const DeviceId& id, const std::string& certificate_pem,
                       const std::string& serial, WallTime not_after) override {
        TILL_TRY(const auto device, find(id));
        if (!device) return Error{Errc::not_found, "no such device"};
        if (device->revoked) return Error{Errc::forbidden, "the device is revoked"};
        return change(
            "UPDATE device SET certificate_pem = $1, serial = $2, not_after_ms = $3 "
            "WHERE device = $4 AND revoked_ms IS NULL",
            BytesView{certificate_pem}, BytesView{serial}, not_after.value(), id.value());
    }

    Result<void> revoke(const DeviceId& id, const std::string& reason, WallTime now) override {
        TILL_TRY(const auto device, find(id));
        if (!device) return Error{Errc::not_found, "no such device"};
        return change(
            "UPDATE device SET revoked_ms = $1, revoked_reason = $2 "
            "WHERE device = $3 AND revoked_ms IS NULL",
            now.value(), BytesView{reason}, id.value());
    }

    Result<std::set<DeviceId>> revoked() override {
        return line_.retried([](Postgres& db) -> Result<std::set<DeviceId>> {
            TILL_TRY(const auto rows,
                     db.ask("SELECT device FROM device WHERE revoked_ms IS NOT NULL"));
            std::set<DeviceId> ids;
            for (std::size_t i = 0; i < rows.size(); ++i) ids.insert(DeviceId{rows[i].uuid(0)});
            return ids;
        });
    }

private:
    template <class... Args>
    Result<void> change(const char* sql, const Args&... args) {
        return line_.retried([&](Postgres& db) -> Result<void> {
            TILL_TRY_VOID(db.ask(sql, args...));
            return {};
        });
    }

    PostgresLine line_;
};

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(const PostgresAddress& address) {
    auto registry = std::make_unique<PostgresRegistry>(address);
    TILL_TRY_VOID(registry->open());
    return registry;
}

}  // namespace till::sync

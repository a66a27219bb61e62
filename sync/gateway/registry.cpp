#include "sync/gateway/registry.hpp"

#include "agent/store/database.hpp"
#include "sync/gateway/migrations.sql.hpp"
#include "sync/gateway/registry_rows.hpp"

namespace till::sync {

using namespace detail;

namespace {

class SqliteRegistry final : public Registry {
public:
    explicit SqliteRegistry(Database database) : database_{std::move(database)} {}
    Result<void> add_code(const Digest& secret_hash, const Code& code) override;
    Result<std::vector<Code>> codes() override;
    Result<Code> check_code(const Digest& secret_hash, WallTime now) override;
    Result<Device> enrol(const Digest& secret_hash, Device device, std::uint32_t generations,
                         WallTime now) override;
    Result<std::optional<Device>> find(const DeviceId& id) override;
    Result<std::vector<Device>> devices() override;
    Result<void> renew(const DeviceId& id, const std::string& certificate_pem,
                       const std::string& serial, WallTime not_after) override;
    Result<void> revoke(const DeviceId& id, const std::string& reason, WallTime now) override;
    Result<std::set<DeviceId>> revoked() override;

private:
    Database database_;
};

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(const std::filesystem::path& file) {
    TILL_TRY(Database database, Database::open({.file = file, .mode = Database::Mode::create}));
    TILL_TRY_VOID(migrate(database, sql::sync_gateway));
    return std::make_unique<SqliteRegistry>(std::move(database));
}

// The row of no store and no lane is where lanes begin that have none yet.
Result<void> Registry::forget_since_backup(const std::filesystem::path& file, WallTime now) {
    TILL_TRY(Database database, Database::open({.file = file, .mode = Database::Mode::create}));
    TILL_TRY_VOID(migrate(database, sql::sync_gateway));
    TILL_TRY(Transaction transaction, Transaction::begin(database));
    TILL_TRY(Statement end_codes, database.prepare("UPDATE code SET expires_ms = min(expires_ms, ?)"
                                                   " WHERE used_ms IS NULL"));
    TILL_TRY_VOID(end_codes.run(now.value()));
    TILL_TRY_VOID(database.execute("INSERT OR IGNORE INTO generation VALUES ('', '', 1)"));
    TILL_TRY(Statement skip, database.prepare("UPDATE generation SET next = next + ?"));
    TILL_TRY_VOID(skip.run(generations_skipped));
    return transaction.commit();
}

Result<Registry::Code> Registry::usable(std::optional<Code> code, WallTime now) {
    if (!code) return Error{Errc::not_found, "the enrolment code is not known here"};
    if (code->used) return Error{Errc::conflict, "the enrolment code was used before"};
    if (code->expires <= now) return Error{Errc::stale, "the enrolment code has expired"};
    return *std::move(code);
}

Result<void> SqliteRegistry::add_code(const Digest& secret_hash, const Code& code) {
    TILL_TRY(Statement insert,
             database_.prepare("INSERT INTO code (secret_hash, store, workstation, created_ms, "
                               "expires_ms) VALUES (?, ?, ?, ?, ?)"));
    return insert.run(secret_hash, code.store, code.workstation, code.created.value(),
                      code.expires.value());
}

Result<std::vector<Registry::Code>> SqliteRegistry::codes() {
    TILL_TRY(Statement all,
             database_.prepare(select(code_columns, "code ORDER BY created_ms, secret_hash")));
    std::vector<Code> codes;
    TILL_TRY_VOID(all.each([&](const Row& row) { codes.push_back(read_code(row)); }));
    return codes;
}

Result<Registry::Code> SqliteRegistry::check_code(const Digest& secret_hash, WallTime now) {
    TILL_TRY(Statement one, database_.prepare(select(code_columns, "code WHERE secret_hash = ?")));
    TILL_TRY(auto code, one.one(read_code, secret_hash));
    return usable(std::move(code), now);
}

Result<Registry::Device> SqliteRegistry::enrol(const Digest& secret_hash, Device device,
                                               std::uint32_t generations, WallTime now) {
    TILL_TRY(Transaction transaction, Transaction::begin(database_));
    TILL_TRY(const Code code, check_code(secret_hash, now));
    device.store = code.store;
    device.workstation = code.workstation;
    device.enrolled = now;

    TILL_TRY(Statement use, database_.prepare("UPDATE code SET used_ms = ? WHERE secret_hash = ?"));
    TILL_TRY_VOID(use.run(now.value(), secret_hash));

    TILL_TRY(
        Statement allot,
        database_.prepare(
            "INSERT INTO generation (store, workstation, next) VALUES (?1, ?2, ?3 + "
            "coalesce((SELECT next FROM generation WHERE store = '' AND workstation = ''), 1)) "
            "ON CONFLICT DO UPDATE SET next = next + ?3 RETURNING next"));
    const auto read_next = [](const Row& row) {
        return static_cast<std::uint32_t>(row.integer(0));
    };
    TILL_TRY(const auto next, allot.one(read_next, device.store, device.workstation, generations));
    device.first_generation = *next - generations;
    device.last_generation = *next - 1;

    TILL_TRY(Statement insert,
             database_.prepare("INSERT INTO device (" + std::string{device_columns}
                               + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, '')"));
    TILL_TRY_VOID(insert.run(Blob{device.id.value().bytes()}, device.store, device.workstation,
                             device.certificate_pem, device.serial, Blob{device.key_sha256},
                             device.enrolled.value(), device.not_after.value(),
                             device.first_generation, device.last_generation));
    TILL_TRY_VOID(transaction.commit());
    return device;
}

Result<std::optional<Registry::Device>> SqliteRegistry::find(const DeviceId& id) {
    TILL_TRY(Statement one, database_.prepare(select(device_columns, "device WHERE device = ?")));
    return one.one(read_device, Blob{id.value().bytes()});
}

Result<std::vector<Registry::Device>> SqliteRegistry::devices() {
    TILL_TRY(Statement all,
             database_.prepare(
                 select(device_columns, "device ORDER BY store, workstation, enrolled_ms")));
    std::vector<Device> devices;
    TILL_TRY_VOID(all.each([&](const Row& row) { devices.push_back(read_device(row)); }));
    return devices;
}

Result<void> SqliteRegistry::renew(const DeviceId& id, const std::string& certificate_pem,
                                   const std::string& serial, WallTime not_after) {
    TILL_TRY(const auto device, find(id));
    if (!device) return Error{Errc::not_found, "no such device"};
    if (device->revoked) return Error{Errc::forbidden, "the device is revoked"};
    TILL_TRY(
        Statement update,
        database_.prepare("UPDATE device SET certificate_pem = ?, serial = ?, not_after_ms = ? "
                          "WHERE device = ? AND revoked_ms IS NULL"));
    return update.run(certificate_pem, serial, not_after.value(), Blob{id.value().bytes()});
}

Result<void> SqliteRegistry::revoke(const DeviceId& id, const std::string& reason, WallTime now) {
    TILL_TRY(const auto device, find(id));
    if (!device) return Error{Errc::not_found, "no such device"};
    TILL_TRY(Statement update,
             database_.prepare("UPDATE device SET revoked_ms = ?, revoked_reason = ? "
                               "WHERE device = ? AND revoked_ms IS NULL"));
    return update.run(now.value(), reason, Blob{id.value().bytes()});
}

Result<std::set<DeviceId>> SqliteRegistry::revoked() {
    TILL_TRY(Statement select,
             database_.prepare("SELECT device FROM device WHERE revoked_ms IS NOT NULL"));
    std::set<DeviceId> ids;
    TILL_TRY_VOID(select.each([&](const Row& row) {
        ids.insert(DeviceId{Uuid::from_bytes(row.bytes(0)).value_or(Uuid{})});
    }));
    return ids;
}

}  // namespace till::sync

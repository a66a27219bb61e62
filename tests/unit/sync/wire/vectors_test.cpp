#include "agent/core/hex.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/compression.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <sstream>
#include <vector>

using namespace till;
using namespace till::sync;

namespace {

using Cells = std::vector<std::string>;

std::string trimmed(const std::string& cell) {
    const auto from = cell.find_first_not_of(' ');
    return from == std::string::npos ? ""
                                     : cell.substr(from, cell.find_last_not_of(' ') - from + 1);
}

/// The rows of all tables of WIRE.md, by their first cell; the first of several wins.
std::map<std::string, Cells> tables() {
    std::ifstream file{TILL_WIRE_MD};
    std::map<std::string, Cells> rows;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| ")) continue;
        Cells cells;
        std::istringstream rest{line.substr(1)};
        for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(trimmed(cell));
        rows.try_emplace(cells.front(), cells);
    }
    return rows;
}

Bytes bytes_of(const std::string& cell) { return cell == "-" ? Bytes{} : *unhex(cell); }

std::vector<Envelope> records(const std::map<std::string, Cells>& rows) {
    std::vector<Envelope> made;
    for (const std::string number : {"1", "2", "3"}) {
        const Cells& row = rows.at(number);
        Envelope& record = made.emplace_back();
        record.seq = Seq{std::stoull(row[0])};
        record.kind = Kind{static_cast<std::uint32_t>(std::stoul(row[1]))};
        record.times = {WallTime{std::stoll(row[2])}, BootTime{std::stoull(row[3])},
                        BootId{*Uuid::from_bytes(bytes_of(rows.at("boot")[1]))}};
        record.body = bytes_of(row[4]);
        record.sealed = bytes_of(row[5]);
    }
    return made;
}

}  // namespace

TEST_CASE("wire: the chain rule gives the hashes that WIRE.md prints", "[wire]") {
    const auto rows = tables();
    const JournalId journal{*Uuid::from_bytes(bytes_of(rows.at("journal")[1]))};
    Digest hash = genesis(journal);
    CHECK(hex(hash) == rows.at("genesis")[1]);
    for (Envelope record : records(rows)) {
        const Digest before = hash;
        hash = chain_hash(before, journal, record);
        CHECK(hex(hash) == rows.at(std::to_string(record.seq.value()))[6]);
        record.erased_sealed = sha256(record.sealed);
        record.sealed.clear();
        CHECK(chain_hash(before, journal, record) == hash);
    }
}

TEST_CASE("wire: a batch has the bytes that WIRE.md prints", "[wire]") {
    const auto rows = tables();
    const auto wanted = records(rows);
    const Bytes printed = bytes_of(rows.at("payload")[1]);
    CHECK(hex(*encode_records(wanted)) == hex(printed));
    CHECK(*decode_records(printed, Seq{1}, 3) == wanted);
}

TEST_CASE("wire: any field of an envelope changes its hash", "[wire]") {
    const auto rows = tables();
    const JournalId journal{*Uuid::from_bytes(bytes_of(rows.at("journal")[1]))};
    const Envelope record = records(rows).front();
    const Digest hash = chain_hash(genesis(journal), journal, record);
    std::vector<Envelope> others(8, record);
    others[0].version = 2;
    others[1].seq = Seq{2};
    others[2].kind = Kind{101};
    others[3].times.wall = WallTime{1};
    others[4].times.since_boot = BootTime{1};
    others[5].times.boot = BootId{Uuid{}};
    others[6].body += '\0';
    others[7].sealed = "x";
    for (const Envelope& other : others)
        CHECK(chain_hash(genesis(journal), journal, other) != hash);
    CHECK(chain_hash(genesis(journal), JournalId{Uuid{}}, record) != hash);
    CHECK(chain_hash(hash, journal, record) != hash);
}

#include "agent/tillctl/rescue_file.hpp"

#include "agent/core/hex.hpp"
#include "agent/core/limits.hpp"
#include "agent/crypto/hash.hpp"
#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/compression.hpp"
#include "sync/wire/frames.pb.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace till {

namespace {

namespace fs = std::filesystem;
namespace v1 = tillstream::v1;

constexpr std::string_view magic{"tillstream.rescue\0\1", 19};
constexpr std::size_t checksum_bytes = 32;

Error last_error(const fs::path& file) {
    const auto code = errno == ENOSPC   ? Errc::disk_full
                      : errno == EEXIST ? Errc::conflict
                                        : Errc::io;
    return Error{code, file.string() + ": " + std::strerror(errno)};
}

Bytes big_endian(std::uint32_t value) {
    Bytes out;
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
    return out;
}

/// Makes the name durable, too.
Result<void> sync_folder_of(const fs::path& file) {
    const auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return last_error(folder);
    const int synced = ::fsync(opened);
    ::close(opened);
    if (synced != 0) return last_error(folder);
    return {};
}

/// The chain after each of `records`, which must follow `before`.
Result<std::vector<Digest>> chain(const JournalId& journal, const sync::Mark& before,
                                  std::span<const sync::Envelope> records) {
    std::vector<Digest> hashes;
    sync::Mark end = before;
    for (const auto& record : records) {
        if (record.seq != next(end.seq))
            return Error{Errc::malformed, "record " + std::to_string(record.seq.value())
                                              + " does not follow "
                                              + std::to_string(end.seq.value())};
        end = {record.seq, sync::chain_hash(end.hash, journal, record)};
        hashes.push_back(end.hash);
    }
    return hashes;
}

v1::Hello to_wire(const sync::UplinkSession::Options& said) {
    v1::Hello hello;
    hello.set_device_id(Bytes{said.device.value().bytes()});
    hello.set_journal_id(Bytes{said.journal.value().bytes()});
    hello.set_head(said.head.seq.value());
    hello.set_head_hash(Bytes{view(said.head.hash)});
    if (said.predecessor) hello.set_predecessor(Bytes{said.predecessor->value().bytes()});
    hello.set_generation(said.generation.value());
    hello.set_store(said.store);
    hello.set_workstation(said.workstation);
    hello.set_agent_version(said.agent_version);
    hello.set_acknowledged(said.acknowledged.value());
    hello.set_store_epoch(said.store_epoch);
    return hello;
}

Result<sync::UplinkSession::Options> from_wire(const v1::Hello& hello) {
    sync::UplinkSession::Options said;
    TILL_TRY(const Uuid journal, Uuid::from_bytes(hello.journal_id()));
    TILL_TRY(const Uuid device, Uuid::from_bytes(hello.device_id()));
    TILL_TRY(const Digest head, to_digest(hello.head_hash()));
    said.journal = JournalId{journal};
    said.device = DeviceId{device};
    if (!hello.predecessor().empty()) {
        TILL_TRY(const Uuid predecessor, Uuid::from_bytes(hello.predecessor()));
        said.predecessor = JournalId{predecessor};
    }
    said.generation = Generation{hello.generation()};
    said.store = hello.store();
    said.workstation = hello.workstation();
    said.agent_version = hello.agent_version();
    said.head = {Seq{hello.head()}, head};
    said.acknowledged = Seq{hello.acknowledged()};
    said.store_epoch = hello.store_epoch();
    return said;
}

Result<std::vector<sync::Envelope>> records_of(const v1::Batch& batch) {
    TILL_TRY(const Bytes raw,
             sync::decompress(sync::Codec{batch.codec()}, batch.payload(), batch.raw_bytes()));
    return sync::decode_records(raw, Seq{batch.first_seq()}, batch.count());
}

}  // namespace

struct RescueWriter::Impl {
    fs::path file, draft;
    int descriptor = -1;
    Sha256 checksum;
    std::uint32_t stream = 0;
    JournalId journal{Uuid{}};
    sync::Mark end;
    bool first = false;

    ~Impl() {
        if (descriptor < 0) return;
        ::close(descriptor);
        ::unlink(draft.c_str());
    }

    Result<void> write(BytesView bytes) {
        while (!bytes.empty()) {
            const auto written = ::write(descriptor, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return last_error(draft);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }
    Result<void> write_summed(BytesView bytes) {
        checksum.add(bytes);
        return write(bytes);
    }
    Result<void> write(const v1::Frame& frame) {
        const Bytes bytes = frame.SerializeAsString();
        TILL_TRY_VOID(write_summed(big_endian(static_cast<std::uint32_t>(bytes.size()))));
        return write_summed(bytes);
    }
};

RescueWriter::RescueWriter(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RescueWriter::RescueWriter(RescueWriter&&) noexcept = default;
RescueWriter::~RescueWriter() = default;

Result<RescueWriter> RescueWriter::create(fs::path file) {
    auto impl = std::make_unique<Impl>();
    impl->draft = file.string() + ".new";
    if (fs::exists(file)) return Error{Errc::conflict, file.string() + " exists already"};
    ::unlink(impl->draft.c_str());
    impl->descriptor = ::open(impl->draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (impl->descriptor < 0) return last_error(impl->draft);
    impl->file = std::move(file);
    TILL_TRY_VOID(impl->write_summed(magic));
    return RescueWriter{std::move(impl)};
}

Result<void> RescueWriter::begin(const sync::UplinkSession::Options& hello,
                                 const sync::Mark& before) {
    impl_->journal = hello.journal;
    impl_->end = before;
    impl_->first = true;
    v1::Frame frame;
    frame.set_stream(++impl_->stream);
    *frame.mutable_hello() = to_wire(hello);
    return impl_->write(frame);
}

Result<void> RescueWriter::add(std::span<const sync::Envelope> records) {
    if (records.empty()) return {};
    TILL_TRY(const auto hashes, chain(impl_->journal, impl_->end, records));
    TILL_TRY(Bytes raw, sync::encode_records(records));
    v1::Frame frame;
    frame.set_stream(impl_->stream);
    v1::Batch& batch = *frame.mutable_batch();
    batch.set_first_seq(records.front().seq.value());
    batch.set_count(static_cast<std::uint32_t>(records.size()));
    batch.set_head_hash(Bytes{view(hashes.back())});
    if (std::exchange(impl_->first, false)) batch.set_branch_base(Bytes{view(impl_->end.hash)});
    const auto codec = sync::codecs().front();
    auto packed = sync::compress(codec, sync::level_for(raw.size()), raw);
    if (packed && packed->size() < raw.size()) {
        batch.set_codec(codec.value());
        batch.set_raw_bytes(static_cast<std::uint32_t>(raw.size()));
        raw = *std::move(packed);
    }
    batch.set_payload(std::move(raw));
    impl_->end = {records.back().seq, hashes.back()};
    return impl_->write(frame);
}

Result<void> RescueWriter::finish() {
    v1::Frame frame;
    frame.mutable_bye()->set_reason(v1::Bye::REASON_DONE);
    TILL_TRY_VOID(impl_->write(frame));
    const Digest sum = impl_->checksum.finish();
    TILL_TRY_VOID(impl_->write(view(sum)));
    if (::fsync(impl_->descriptor) != 0) return last_error(impl_->draft);
    if (::rename(impl_->draft.c_str(), impl_->file.c_str()) != 0) return last_error(impl_->file);
    ::close(std::exchange(impl_->descriptor, -1));
    return sync_folder_of(impl_->file);
}

struct RescueFile::Impl {
    struct Piece {
        sync::Mark before, after;
        std::streamoff at = 0;
        std::uint32_t size = 0;
    };
    struct Contents {
        std::vector<Piece> pieces;
    };
    std::ifstream stream;
    std::vector<RescuedJournal> journals;
    std::vector<Contents> contents;

    Result<Bytes> read_bytes(std::size_t size) {
        Bytes bytes(size, '\0');
        stream.read(bytes.data(), static_cast<std::streamsize>(size));
        if (static_cast<std::size_t>(stream.gcount()) != size)
            return Error{Errc::malformed, "ends too early"};
        return bytes;
    }

    Result<std::uint32_t> read_size(Sha256& checksum) {
        TILL_TRY(const Bytes bytes, read_bytes(4));
        checksum.add(bytes);
        std::uint32_t size = 0;
        for (const char byte : bytes) size = size << 8 | static_cast<unsigned char>(byte);
        if (size > limits::frame_bytes_max) return Error{Errc::malformed, "a frame too large"};
        return size;
    }

    Result<void> take(const v1::Hello& hello) {
        TILL_TRY(auto said, from_wire(hello));
        journals.push_back({std::move(said), {}});
        contents.emplace_back();
        return {};
    }

    Result<void> take(const v1::Batch& batch, std::streamoff at, std::uint32_t size) {
        if (journals.empty()) return Error{Errc::malformed, "records before any journal"};
        auto& journal = journals.back();
        auto& pieces = contents.back().pieces;
        if (pieces.empty()) {
            TILL_TRY(const Digest base, to_digest(batch.branch_base()));
            journal.before = {Seq{batch.first_seq() - 1}, base};
        }
        const auto before = pieces.empty() ? journal.before : pieces.back().after;
        TILL_TRY(const auto records, records_of(batch));
        TILL_TRY(const auto hashes, chain(journal.hello.journal, before, records));
        if (records.empty() || view(hashes.back()) != batch.head_hash())
            return Error{Errc::malformed, "a chain that does not lead to its head"};
        pieces.push_back({before, {records.back().seq, hashes.back()}, at, size});
        return {};
    }

    /// True when it was the last frame.
    Result<bool> take_frame(Sha256& checksum) {
        TILL_TRY(const auto size, read_size(checksum));
        const std::streamoff at = stream.tellg();
        TILL_TRY(const Bytes bytes, read_bytes(size));
        checksum.add(bytes);
        v1::Frame frame;
        if (!frame.ParseFromString(bytes)) return Error{Errc::malformed, "not a frame"};
        if (frame.has_bye()) return true;
        if (frame.has_hello()) TILL_TRY_VOID(take(frame.hello()));
        if (frame.has_batch()) TILL_TRY_VOID(take(frame.batch(), at, size));
        return false;
    }

    Result<void> look_through() {
        Sha256 checksum;
        const auto opening = read_bytes(magic.size());
        if (!opening || *opening != magic)
            return Error{Errc::malformed, "not a rescue file of this version"};
        checksum.add(*opening);
        for (bool last = false; !last;) { TILL_TRY(last, take_frame(checksum)); }
        TILL_TRY(const Bytes stated, read_bytes(checksum_bytes));
        const Digest sum = checksum.finish();
        if (stated != view(sum)) return Error{Errc::malformed, "its checksum does not hold"};
        for (std::size_t i = 0; i < journals.size(); ++i) {
            const auto& pieces = contents[i].pieces;
            const auto& head = journals[i].hello.head;
            if (pieces.empty() || pieces.back().after.seq != head.seq
                || pieces.back().after.hash != head.hash)
                return Error{Errc::malformed, "a journal that does not reach its head"};
        }
        return {};
    }

    /// The piece with the record after `from`.
    Result<const Piece*> find(std::size_t index, Seq from) const {
        const auto& pieces = contents.at(index).pieces;
        const auto holds = [&](const Piece& p) {
            return p.before.seq <= from && from < p.after.seq;
        };
        const auto found = std::ranges::find_if(pieces, holds);
        if (found == pieces.end())
            return Error{
                Errc::not_found,
                "the file holds records " + std::to_string(pieces.front().before.seq.value() + 1)
                    + " to " + std::to_string(pieces.back().after.seq.value())
                    + " of this journal only, not those after " + std::to_string(from.value())};
        return &*found;
    }

    Result<std::vector<sync::Envelope>> read(const Piece& piece) {
        stream.clear();
        stream.seekg(piece.at);
        TILL_TRY(const Bytes bytes, read_bytes(piece.size));
        v1::Frame frame;
        if (!frame.ParseFromString(bytes)) return Error{Errc::malformed, "changed meanwhile"};
        return records_of(frame.batch());
    }
};

RescueFile::RescueFile(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
RescueFile::RescueFile(RescueFile&&) noexcept = default;
RescueFile::~RescueFile() = default;

Result<RescueFile> RescueFile::open(const fs::path& file) {
    auto impl = std::make_unique<Impl>();
    impl->stream.open(file, std::ios::binary);
    if (!impl->stream) return Error{Errc::not_found, file.string() + ": " + std::strerror(errno)};
    if (const auto looked = impl->look_through(); !looked)
        return Error{looked.error().code, file.string() + ": " + looked.error().detail};
    return RescueFile{std::move(impl)};
}

const std::vector<RescuedJournal>& RescueFile::journals() const { return impl_->journals; }

Result<std::vector<sync::Envelope>> RescueFile::read(std::size_t index, Seq from) {
    TILL_TRY(const auto* piece, impl_->find(index, from));
    TILL_TRY(auto records, impl_->read(*piece));
    const auto skip = static_cast<std::ptrdiff_t>(from.value() - piece->before.seq.value());
    records.erase(records.begin(), records.begin() + skip);
    return records;
}

Result<Digest> RescueFile::hash_at(std::size_t index, Seq seq) {
    const auto& journal = journals().at(index);
    if (seq == journal.hello.head.seq) return journal.hello.head.hash;
    TILL_TRY(const auto* piece, impl_->find(index, seq));
    if (seq == piece->before.seq) return piece->before.hash;
    TILL_TRY(const auto records, impl_->read(*piece));
    TILL_TRY(const auto hashes, chain(journal.hello.journal, piece->before, records));
    return hashes[seq.value() - piece->before.seq.value() - 1];
}

}  // namespace till

#include "sync/wire/batch.hpp"
#include "sync/wire/chain.hpp"
#include "sync/wire/frames.pb.h"
#include "tests/fuzz/damages.hpp"

using namespace till;
using namespace till::sync;
namespace v1 = tillstream::v1;

namespace {

Bytes framed(const v1::Frame& frame) {
    const Bytes bytes = frame.SerializeAsString();
    const Bytes length{static_cast<char>(bytes.size() / 256),
                       static_cast<char>(bytes.size() % 256)};
    return length + bytes;
}

v1::Frame on_stream() {
    v1::Frame frame;
    frame.set_stream(1);
    return frame;
}

/// A whole conversation as a gateway hears it, and one as a device does.
std::vector<Bytes> corpus() {
    const JournalId journal{*Uuid::parse("0194f3a2-5c3e-4b1d-8a77-2f6b1c9d0e42")};
    Envelope record;
    record.seq = Seq{1};
    v1::Frame hello = on_stream();
    hello.mutable_hello()->set_device_id(Bytes(16, '\0'));
    hello.mutable_hello()->set_journal_id(Bytes{journal.value().bytes()});
    hello.mutable_hello()->set_head_hash(Bytes(32, '\0'));
    hello.mutable_hello()->set_protocol_min(1);
    hello.mutable_hello()->set_protocol_max(1);
    hello.mutable_hello()->mutable_clock()->set_boot_id(Bytes(16, '\0'));
    v1::Frame batch = on_stream();
    batch.mutable_batch()->set_first_seq(1);
    batch.mutable_batch()->set_count(1);
    batch.mutable_batch()->set_payload(*encode_records({&record, 1}));
    batch.mutable_batch()->set_head_hash(
        Bytes{view(chain_hash(genesis(journal), journal, record))});
    v1::Frame branch = batch;
    branch.mutable_batch()->set_branch_base(Bytes{view(genesis(journal))});
    v1::Frame welcome = on_stream();
    welcome.mutable_welcome()->set_protocol(1);
    welcome.mutable_welcome()->set_store_epoch("epoch");
    welcome.mutable_welcome()->set_mark_hash(Bytes{view(genesis(JournalId{Uuid{}}))});
    welcome.mutable_welcome()->set_credit_bytes(1000);
    v1::Frame ack = on_stream();
    ack.mutable_ack()->set_mark(1);
    v1::Frame fork = on_stream();
    fork.mutable_fork()->set_kept(1);
    const Bytes payload = *encode_records({&record, 1});
    return {'\0' + framed(hello) + framed(batch) + framed(branch),
            '\1' + framed(welcome) + framed(ack),
            '\1' + framed(welcome) + framed(fork) + framed(fork), '\6' + payload, '\7' + payload};
}

}  // namespace

TEST_CASE("frames: the corpus and a thousand damages of each input are survived", "[fuzz]") {
    feed_damaged(corpus(), 1000);
}

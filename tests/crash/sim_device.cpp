#include "agent/crypto/system_random.hpp"
#include "agent/journal/committer.hpp"
#include "tests/crash/device_reading.hpp"
#include "tests/crash/sim_targets.hpp"
#include "tests/crash/ticking_clock.hpp"

#include <optional>

namespace till::crash {

namespace {

const std::string file = "/crash/journal.db";
const std::string draft_file = file + ".new";

class SimDevice final : public Target {
public:
    explicit SimDevice(SimDisk& disk) : disk_{disk} {}
    ~SimDevice() override { SimDevice::close(); }

    Result<void> open() override {
        close();
        if (!disk_.exists(file)) TILL_TRY_VOID(create());
        disk_.sync_names();
        const JournalCore::Options options{.file = file, .vfs = disk_.name()};
        TILL_TRY(auto core, JournalCore::open(options, clock_));
        committer_.emplace(std::move(core), options, clock_);
        return {};
    }

    std::vector<Result<std::string>> store(Number first, std::size_t count) override {
        std::vector<Draft> drafts;
        for (std::size_t i = 0; i < count; ++i) drafts.push_back(draft_of(first + i));
        std::vector<Result<std::string>> answers;
        for (const auto& stored : committer_->commit(drafts)) {
            if (stored)
                answers.emplace_back(where(stored->journal, stored->seq, stored->receipt_number));
            else
                answers.emplace_back(stored.error());
        }
        return answers;
    }

    void rest() override { committer_->maintain(); }

    void close() override { committer_.reset(); }

    Result<std::vector<Held>> held() override {
        std::vector<Held> all;
        TILL_TRY(auto reader, JournalReader::open(file, disk_.name()));
        TILL_TRY_VOID(read_journal(reader, all));
        return all;
    }

private:
    // As till-agent does it: beside its place, and moved there whole.
    Result<void> create() {
        for (const auto* suffix : {"", "-wal", "-shm"}) disk_.remove(draft_file + suffix);
        JournalIdentity identity;
        identity.journal = JournalId{random_.uuid()};
        identity.receipt_prefix = "12-3";
        {
            TILL_TRY(auto core, JournalCore::create({.file = draft_file, .vfs = disk_.name()},
                                                    identity, clock_));
            TILL_TRY_VOID(core.secure());
        }
        disk_.rename(draft_file, file);
        return {};
    }

    SimDisk& disk_;
    TickingClock clock_;
    SystemRandom random_;
    std::optional<detail::Committer> committer_;
};

}  // namespace

std::unique_ptr<Target> sim_device(SimDisk& disk) { return std::make_unique<SimDevice>(disk); }

}  // namespace till::crash

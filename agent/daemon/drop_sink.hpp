#pragma once

#include "agent/api/command_table.hpp"
#include "agent/capture/sink.hpp"

namespace till {

/// The command table as the file drop sees it.
class DropSink final : public CaptureSink {
public:
    explicit DropSink(CommandTable& table) : table_{table} {}
    Answer record_transaction(Request request, v1::RecordTransaction command) override {
        co_return co_await table_.execute(std::move(request), command);
    }
    Answer record_adjustment(Request request, v1::RecordAdjustment command) override {
        co_return co_await table_.execute(std::move(request), command);
    }
    Answer record_rows_set_aside(Request request, v1::RecordRowsSetAside command) override {
        co_return co_await table_.execute(std::move(request), command);
    }

private:
    CommandTable& table_;
};

}  // namespace till

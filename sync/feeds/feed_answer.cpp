#include "sync/feeds/feed_answer.hpp"

#include "sync/wire/feed_page.hpp"

namespace till::sync {

Result<v1::FeedPage> answer_feed(FeedStore& feeds, const v1::FeedRequest& request,
                                 std::string_view store, const OpenRecord& open) {
    v1::FeedPage answer;
    answer.set_feed(request.feed());
    TILL_TRY(*answer.mutable_epoch(), feeds.epoch());
    if (request.epoch() == answer.epoch()) *answer.mutable_after() = request.after();
    TILL_TRY(auto page, feeds.page(request.feed(), store, answer.after(), feed_page_bytes_target));
    answer.set_version(page.version);
    answer.set_last(page.last);
    *answer.mutable_next() = answer.after();
    v1::FeedRecords records;
    for (auto& record : page.records) {
        answer.mutable_next()->set_version(record.version());
        answer.mutable_next()->set_key(record.key());
        answer.mutable_next()->set_store(record.store());
        if (open && record.has_body()) TILL_TRY_VOID(open(record));
        *records.add_records() = std::move(record);
    }
    TILL_TRY_VOID(pack_records(records, answer));
    return answer;
}

}  // namespace till::sync

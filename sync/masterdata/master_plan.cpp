#include "sync/masterdata/master_plan.hpp"

#include "sync/masterdata/master_checks.hpp"
#include "sync/wire/proto_json.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include <set>

namespace till::sync {

using namespace detail;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

constexpr int changes_shown_max = 1000;

/// A list of MasterImport and the kind of MasterRecord that has its number.
struct List {
    const FieldDescriptor* many;
    const FieldDescriptor* one;
};

std::vector<List> lists() {
    std::vector<List> all;
    const auto* kind = v1::MasterRecord::descriptor()->FindOneofByName("kind");
    for (int i = 0; i < kind->field_count(); ++i)
        all.push_back({v1::MasterImport::descriptor()->FindFieldByNumber(kind->field(i)->number()),
                       kind->field(i)});
    return all;
}

const Message& content(const v1::MasterRecord& record) {
    const auto* reflection = record.GetReflection();
    return reflection->GetMessage(
        record, reflection->GetOneofFieldDescriptor(record, record.descriptor()->oneof_decl(0)));
}

bool equal(const v1::MasterRecord& a, const v1::MasterRecord& b) {
    return a.SerializeAsString() == b.SerializeAsString();  // Scalars only: one way to write them.
}

/// The fields of `record` that differ from `other`'s, for people: never a PIN's verifier.
std::string difference(const v1::MasterRecord& record, const v1::MasterRecord* other) {
    const Message& from = content(record);
    const std::unique_ptr<Message> shown{from.New()};
    shown->CopyFrom(from);
    const auto* reflection = from.GetReflection();
    for (int i = 0; other && i < from.GetDescriptor()->field_count(); ++i) {
        const auto* field = from.GetDescriptor()->field(i);
        google::protobuf::util::MessageDifferencer differ;
        std::vector<const FieldDescriptor*> only{field};
        if (differ.CompareWithFields(from, content(*other), only, only))
            reflection->ClearField(shown.get(), field);
    }
    const auto* verifier = from.GetDescriptor()->FindFieldByName("pin_verifier");
    if (verifier && !reflection->GetString(*shown, verifier).empty())
        reflection->SetString(shown.get(), verifier, other ? "another" : "set");
    return proto_json(*shown);
}

std::string shown_key(const MasterKey& key) {
    const std::string name = key.key.substr(key.key.find('/') + 1);
    return key.store.empty() || key.key == store_key(key.store) ? name
                                                                : name + " in store " + key.store;
}

class Planner {
public:
    Planner(const v1::MasterImport& import, MasterSet present, const MasterRules& rules)
        : import_{import}, present_{std::move(present)}, rules_{rules}, next_{present_} {}

    MasterPlan plan() {
        check_whole();
        for (const List& list : lists()) take(list);
        if (!faults_.any()) check_references(next_, where_, faults_);
        for (const List& list : lists()) compare(list);
        plan_.faults = faults_.take();
        if (!plan_.faults.empty()) plan_.changes.clear();
        return std::move(plan_);
    }

private:
    void check_whole() {
        std::string names;
        for (const List& list : lists())
            names.append(names.empty() ? "" : ", ").append(list.many->name());
        for (const auto& name : import_.whole()) {
            const auto* field = v1::MasterImport::descriptor()->FindFieldByName(name);
            if (!field || !field->is_repeated() || field->number() > 7)
                faults_.add("whole", name, "no such list", names);
        }
    }

    bool is_whole(const List& list) const {
        return std::ranges::find(import_.whole(), list.many->name()) != import_.whole().end();
    }

    void take(const List& list) {
        const auto* reflection = import_.GetReflection();
        if (is_whole(list))
            std::erase_if(next_, [&](const auto& each) {
                return each.second.kind_case() == list.one->number();
            });
        for (int i = 0; i < reflection->FieldSize(import_, list.many); ++i) {
            v1::MasterRecord record;
            record.GetReflection()
                ->MutableMessage(&record, list.one)
                ->CopyFrom(reflection->GetRepeatedMessage(import_, list.many, i));
            take(std::move(record), list.many->name() + "[" + std::to_string(i) + "]");
        }
    }

    void take(v1::MasterRecord record, const std::string& at) {
        check_record(record, at, rules_, faults_);
        const MasterKey key = key_of(record);
        const auto [first, fresh] = where_.emplace(key, at);
        if (!fresh)
            return faults_.add(at, key_field(record), "\"" + shown_key(key) + "\" again",
                               "each once; " + first->second + " has it");
        if (record.has_operator_()) give_verifier(*record.mutable_operator_(), key);
        next_[key] = std::move(record);
    }

    static std::string_view key_field(const v1::MasterRecord& record) {
        switch (record.kind_case()) {
            case v1::MasterRecord::kStore:
                return "store";
            case v1::MasterRecord::kWorkstation:
                return "workstation";
            case v1::MasterRecord::kOperator:
                return "operator_id";
            case v1::MasterRecord::kTender:
                return "type";
            case v1::MasterRecord::kProduct:
                return record.product().gtin().empty() ? "sku" : "gtin";
            default:
                return "code";
        }
    }

    /// An operator without a PIN in the import keeps the one she has.
    void give_verifier(v1::MasterOperator& person, const MasterKey& key) {
        const auto before = present_.find(key);
        const std::string present =
            before == present_.end() ? "" : before->second.operator_().pin_verifier();
        const bool unusable = faults_.any() || import_.dry_run();
        if (person.pin().empty())
            person.set_pin_verifier(present);
        else if (!unusable || !present.empty())
            person.set_pin_verifier(rules_.verifier_of(person.pin(), present));
        else
            person.set_pin_verifier("set");  // Of a dry run: nobody will ask for it.
        person.clear_pin();
    }

    void compare(const List& list) {
        v1::MasterImported::Count count;
        count.set_list(list.many->name());
        const auto number = list.one->number();
        for (const auto& [key, record] : next_) {
            if (record.kind_case() != number) continue;
            const auto before = present_.find(key);
            const v1::MasterRecord* old = before == present_.end() ? nullptr : &before->second;
            if (old && equal(*old, record)) {
                count.set_unchanged(count.unchanged() + 1);
                continue;
            }
            old ? count.set_changed(count.changed() + 1) : count.set_added(count.added() + 1);
            note(list, key, old, &record);
        }
        for (const auto& [key, record] : present_) {
            if (record.kind_case() != number || next_.contains(key)) continue;
            count.set_removed(count.removed() + 1);
            note(list, key, &record, nullptr);
        }
        const bool named = import_.GetReflection()->FieldSize(import_, list.many) > 0;
        if (named || is_whole(list)) *plan_.summary.add_counts() = count;
    }

    void note(const List& list, const MasterKey& key, const v1::MasterRecord* before,
              const v1::MasterRecord* after) {
        v1::FeedRecord& change = plan_.changes.emplace_back();
        change.set_key(key.key);
        change.set_store(key.store);
        if (after) {
            change.set_alias(alias_of(*after));
            change.set_body(after->SerializeAsString());
        }
        if (plan_.summary.changes_size() >= changes_shown_max) return;
        auto& shown = *plan_.summary.add_changes();
        shown.set_list(list.many->name());
        shown.set_key(shown_key(key));
        if (before) shown.set_before(difference(*before, after));
        if (after) shown.set_after(difference(*after, before));
    }

    const v1::MasterImport& import_;
    const MasterSet present_;
    const MasterRules& rules_;
    MasterSet next_;
    std::map<MasterKey, std::string> where_;  // Of each imported record.
    Faults faults_;
    MasterPlan plan_;
};

}  // namespace

MasterPlan plan_import(const v1::MasterImport& import, MasterSet present,
                       const MasterRules& rules) {
    return Planner{import, std::move(present), rules}.plan();
}

Result<MasterSet> read_master_set(const std::vector<v1::FeedRecord>& records) {
    MasterSet set;
    for (const auto& record : records) {
        v1::MasterRecord read;
        if (!read.ParseFromString(record.body()))
            return Error{Errc::corrupt, "master data cannot be read: " + record.key()};
        set.insert_or_assign({record.key(), record.store()}, std::move(read));
    }
    return set;
}

std::optional<int> cut_over_minutes(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return {};
    const auto digit = [&](std::size_t i) { return text[i] - '0'; };
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (digit(i) < 0 || digit(i) > 9) return {};
    const int hours = digit(0) * 10 + digit(1), minutes = digit(3) * 10 + digit(4);
    return hours < 24 && minutes < 60 ? std::optional{hours * 60 + minutes} : std::nullopt;
}

}  // namespace till::sync

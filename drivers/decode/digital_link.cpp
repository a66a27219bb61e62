#include "drivers/decode/digital_link.hpp"

#include "drivers/decode/linters.hpp"
#include "drivers/decode/uri_text.hpp"

#include <algorithm>
#include <array>

namespace till::drivers {

namespace {

constexpr std::size_t gtin_digits = 14;

struct Alpha {
    std::string_view name;
    std::string_view ai;
};

/// The words that GS1 Digital Link 1.1 allowed for keys and qualifiers, and 1.2 withdrew.
constexpr std::array alphas{
    Alpha{"cpid", "8010"}, Alpha{"cpsn", "8011"},  Alpha{"cpv", "22"},     Alpha{"gcn", "255"},
    Alpha{"gdti", "253"},  Alpha{"giai", "8004"},  Alpha{"ginc", "401"},   Alpha{"gln", "414"},
    Alpha{"glnx", "254"},  Alpha{"gmn", "8013"},   Alpha{"grai", "8003"},  Alpha{"gsin", "402"},
    Alpha{"gsrn", "8018"}, Alpha{"gsrnp", "8017"}, Alpha{"gtin", "01"},    Alpha{"itip", "8006"},
    Alpha{"lot", "10"},    Alpha{"party", "417"},  Alpha{"refno", "8020"}, Alpha{"ser", "21"},
    Alpha{"srin", "8019"}, Alpha{"sscc", "00"},
};

using Sequence = std::vector<std::string_view>;

bool is_subsequence(std::span<const std::string_view> part, const std::vector<std::string>& order) {
    auto at = order.begin();
    for (const auto ai : part) {
        at = std::find(at, order.end(), ai);
        if (at == order.end()) return false;
        ++at;
    }
    return true;
}

/// Whether the AIs after the key are some of its qualifiers, in one of their orders.
bool is_path(const AiEntry& key, std::span<const std::string_view> qualifiers) {
    if (qualifiers.empty()) return true;
    return std::ranges::any_of(
        key.qualifiers, [&](const auto& order) { return is_subsequence(qualifiers, order); });
}

/// Whether `ai` belongs into the path: it would make a good one at some place after the key.
bool belongs_in_path(const AiEntry& key, const Sequence& qualifiers, std::string_view ai) {
    for (std::size_t at = 0; at <= qualifiers.size(); ++at) {
        auto longer = qualifiers;
        longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), ai);
        if (is_path(key, longer)) return true;
    }
    return false;
}

bool may_be_attribute(const AiEntry& entry, const DecodeOptions& options) {
    return entry.known ? entry.may_be_attribute : !options.unknown_ai_not_attribute;
}

Fault not_an_attribute(std::string_view ai) {
    return {"AI (" + std::string{ai} + ") is not a valid DL URI data attribute"};
}

/// Takes a URI apart and writes what it finds into storage.
class LinkReader {
public:
    LinkReader(const Dictionary& dictionary, const DecodeOptions& options, std::string& storage,
               ElementList& out)
        : dictionary_{dictionary}, options_{options}, storage_{storage}, out_{out} {}

    Decoded<void> read(std::string_view uri, std::vector<std::string_view>& ignored) {
        if (!is_uri_text(uri)) return Fault{"URI contains illegal characters"};
        if (!is_web_address(uri))
            return Fault{"Scheme must be http:// or HTTP:// or https:// or HTTPS://"};
        uri.remove_prefix(uri.find("//") + 2);
        const auto slash = uri.find('/');
        if (slash == std::string_view::npos || slash == 0)
            return Fault{"URI must contain a domain and path info"};
        if (uri.substr(0, slash).find_first_of("_~?#@!$&'()*+,;=%") != std::string_view::npos)
            return Fault{"Domain contains illegal characters"};
        auto path = uri.substr(slash);
        path = path.substr(0, path.find('#'));
        const auto mark = path.find('?');
        const auto query =
            mark == std::string_view::npos ? std::string_view{} : path.substr(mark + 1);
        if (auto good = read_path(path.substr(0, mark)); !good) return good;
        if (auto good = read_query(query, ignored); !good) return good;
        return check();
    }

private:
    const AiEntry* find(std::string_view segment, std::string_view& ai) const {
        ai = segment;
        if (options_.convenience_alphas)
            if (const auto* alpha = std::ranges::find(alphas, segment, &Alpha::name);
                alpha != alphas.end())
                ai = alpha->ai;
        return dictionary_.find(ai, options_.permit_unknown_ais);
    }

    /// Goes back from the end in pairs /AI/value to the rightmost primary key.
    std::string_view link_path(std::string_view path) const {
        auto end = path.size();
        while (end > 0) {
            const auto value = path.rfind('/', end - 1);
            if (value == std::string_view::npos || value == 0) return {};
            const auto start = path.rfind('/', value - 1);
            if (start == std::string_view::npos) return {};
            std::string_view ai;
            const auto* entry = find(path.substr(start + 1, value - start - 1), ai);
            if (entry == nullptr) return {};
            if (entry->is_key) return path.substr(start);
            end = start;
        }
        return {};
    }

    Decoded<void> read_path(std::string_view path) {
        path = link_path(path);
        if (path.empty()) return Fault{"No GS1 DL keys found in path info"};
        while (!path.empty()) {
            const auto middle = path.find('/', 1);
            const auto end = std::min(path.find('/', middle + 1), path.size());
            std::string_view ai;
            const auto* entry = find(path.substr(1, middle - 1), ai);
            const auto value = path.substr(middle + 1, end - middle - 1);
            if (value.empty())
                return Fault{"AI (" + std::string{ai} + ") value path element is empty"};
            if (auto good = add(*entry, ai, value, UriPart::path); !good) return good;
            path.remove_prefix(end);
        }
        in_path_ = out_.all().size();
        return {};
    }

    Decoded<void> read_query(std::string_view query, std::vector<std::string_view>& ignored) {
        while (!query.empty()) {
            const auto parameter = query.substr(0, query.find('&'));
            query.remove_prefix(std::min(parameter.size() + 1, query.size()));
            if (parameter.empty()) continue;
            const auto equals = parameter.find('=');
            const auto ai = parameter.substr(0, equals);
            if (equals == std::string_view::npos || !std::ranges::all_of(ai, lint::is_digit)) {
                ignored.push_back(parameter);
                continue;
            }
            const auto* entry = dictionary_.find(ai, options_.permit_unknown_ais);
            if (entry == nullptr)
                return Fault{"Unknown AI (" + std::string{ai} + ") in query parameters"};
            const auto value = parameter.substr(equals + 1);
            if (value.empty())
                return Fault{"AI (" + std::string{ai} + ") value query element is empty"};
            if (auto good = add(*entry, ai, value, UriPart::query); !good) return good;
        }
        return {};
    }

    Decoded<void> add(const AiEntry& entry, std::string_view ai, std::string_view escaped,
                      UriPart part) {
        if (separate_) storage_ += fnc1;
        separate_ = entry.needs_separator;
        const auto ai_at = storage_.size();
        storage_ += ai;
        const auto value_at = storage_.size();
        uri_unescape(escaped, part, storage_);
        if (entry.ai == "01") pad_gtin(value_at, part);
        const auto all = std::string_view{storage_};
        const Element element{&entry, all.substr(ai_at, ai.size()), all.substr(value_at)};
        if (element.value.find('\0') != std::string_view::npos)
            return Fault{"Decoded AI (" + std::string{ai} + ") contains illegal null character"};
        if (auto good = check_value(element); !good) return good;
        if (!out_.push(element)) return Fault{"Too many AIs"};
        return {};
    }

    /// A GTIN as an attribute may always be short; as a key only where the options allow it.
    void pad_gtin(std::size_t value_at, UriPart part) {
        if (part == UriPart::path && !options_.zero_suppressed_gtin) return;
        const auto size = storage_.size() - value_at;
        if (size == 13 || size == 12 || size == 8)
            storage_.insert(value_at, gtin_digits - size, '0');
    }

    Decoded<void> check() const {
        const auto all = out_.all();
        const auto& key = *all[0].entry;
        Sequence qualifiers;
        for (const auto& element : all.subspan(1, in_path_ - 1)) qualifiers.push_back(element.ai);
        if (!is_path(key, qualifiers))
            return Fault{"The AIs in the path are not a valid key-qualifier sequence for the key"};
        for (const auto& element : all.subspan(in_path_)) {
            const std::string ai{element.ai};
            if (out_.find(ai) != &element) return Fault{"AI (" + ai + ") is duplicated"};
            if (!may_be_attribute(*element.entry, options_)) return not_an_attribute(ai);
            if (belongs_in_path(key, qualifiers, element.ai))
                return Fault{"AI (" + ai + ") from query params should be in the path info"};
        }
        return {};
    }

    const Dictionary& dictionary_;
    const DecodeOptions& options_;
    std::string& storage_;
    ElementList& out_;
    std::size_t in_path_ = 0;
    bool separate_ = true;
};

}  // namespace

bool is_web_address(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("HTTPS://")
           || text.starts_with("http://") || text.starts_with("HTTP://");
}

Decoded<void> read_digital_link(std::string_view uri, const Dictionary& dictionary,
                                const DecodeOptions& options, std::string& storage,
                                ElementList& out, std::vector<std::string_view>& ignored) {
    storage.clear();
    // Unescaping only shrinks, and a short GTIN grows by six digits: with this room the storage
    // never moves under the views.
    storage.reserve(uri.size() + 8 * ElementList::capacity);
    return LinkReader{dictionary, options, storage, out}.read(uri, ignored);
}

Decoded<std::string> write_digital_link(const ElementList& elements, std::string_view stem,
                                        const DecodeOptions& options) {
    const auto all = elements.all();
    const auto key = std::ranges::find_if(all, [](const Element& e) { return e.entry->is_key; });
    if (key == all.end()) return Fault{"Cannot create a DL URI without a primary key AI"};

    Sequence path{key->ai};
    for (const auto& order : key->entry->qualifiers) {
        Sequence candidate{key->ai};
        for (const auto& ai : order)
            if (elements.find(ai) != nullptr) candidate.push_back(ai);
        if (candidate.size() > path.size()) path = std::move(candidate);
    }

    std::string out{stem};
    if (out.ends_with('/')) out.pop_back();
    for (const auto ai : path) {
        out += '/';
        out += ai;
        out += '/';
        out += uri_escape(elements.find(ai)->value, UriPart::path);
    }
    char before = '?';
    for (const bool separated : {false, true}) {
        for (const auto& element : all) {
            if (element.entry->needs_separator != separated || elements.find(element.ai) != &element
                || std::ranges::find(path, element.ai) != path.end())
                continue;
            if (!may_be_attribute(*element.entry, options)) return not_an_attribute(element.ai);
            out += before;
            out += element.ai;
            out += '=';
            out += uri_escape(element.value, UriPart::query);
            before = '&';
        }
    }
    return out;
}

}  // namespace till::drivers

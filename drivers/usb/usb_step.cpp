#include "drivers/usb/usb_step.hpp"

#include "agent/core/hex.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace till::drivers {

namespace json = boost::json;

namespace {

constexpr std::string_view version_key = "tillstream_usb_recording";
constexpr std::uint64_t version = 1;

// In the order of the enumerators.
constexpr std::array<std::string_view, 8> kinds{"arrived",    "left",        "claim", "left_out",
                                                "control_in", "control_out", "read",  "write"};
constexpr std::array<std::string_view, 4> types{"control", "isochronous", "bulk", "interrupt"};

template <std::size_t Count>
std::optional<std::size_t> index_of(const std::array<std::string_view, Count>& names,
                                    std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

std::optional<Errc> errc_of(std::string_view word) {
    for (int i = 0; i <= static_cast<int>(Errc::busy); ++i)
        if (name(static_cast<Errc>(i)) == word) return static_cast<Errc>(i);
    return std::nullopt;
}

json::array written(const std::vector<UsbInterface>& interfaces) {
    json::array all;
    for (const UsbInterface& each : interfaces) {
        json::array endpoints;
        for (const UsbEndpoint& one : each.endpoints)
            endpoints.push_back({{"address", one.address},
                                 {"type", types[static_cast<std::size_t>(one.type)]},
                                 {"packet_bytes", one.packet_bytes}});
        all.push_back({{"number", each.number},
                       {"class", each.usb_class},
                       {"subclass", each.subclass},
                       {"protocol", each.protocol},
                       {"report_descriptor_bytes", each.report_descriptor_bytes},
                       {"endpoints", std::move(endpoints)}});
    }
    return all;
}

void write_identity(json::object& into, const UsbIdentity& identity) {
    into["vid"] = identity.vid;
    into["pid"] = identity.pid;
    into["bus"] = identity.bus;
    into["address"] = identity.address;
    into["port"] = identity.port;
    into["product_index"] = identity.product_index;
    into["serial_index"] = identity.serial_index;
    into["interfaces"] = written(identity.interfaces);
}

/// Members of an object, each checked; the first that is wrong is kept as the failure.
class Members {
public:
    Members(const json::object& object, std::optional<std::string>& wrong)
        : object_{object}, wrong_{wrong} {}

    template <class Number>
    void read(std::string_view key, Number& into) {
        const auto* const value = object_.if_contains(key);
        boost::system::error_code failed;
        const auto number = value != nullptr && value->is_number()
                                ? value->to_number<std::uint64_t>(failed)
                                : std::numeric_limits<std::uint64_t>::max();
        if (failed || number > std::numeric_limits<Number>::max()
            || number == std::numeric_limits<std::uint64_t>::max())
            return blame(key);
        into = static_cast<Number>(number);
    }
    void read(std::string_view key, std::string& into) {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr || !value->is_string()) return blame(key);
        into = value->get_string();
    }
    void read_hex(std::string_view key, Bytes& into) {
        std::string digits;
        read(key, digits);
        auto bytes = unhex(digits);
        bytes ? void(into = *std::move(bytes)) : blame(key);
    }
    template <std::size_t Count>
    std::size_t read_word(std::string_view key, const std::array<std::string_view, Count>& words) {
        std::string word;
        read(key, word);
        const auto index = index_of(words, word);
        if (!index) blame(key);
        return index.value_or(0);
    }
    template <class Visit>
    void each(std::string_view key, Visit visit) {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr || !value->is_array()) return blame(key);
        for (const json::value& one : value->get_array()) {
            if (!one.is_object()) return blame(key);
            Members members{one.get_object(), wrong_};
            visit(members);
        }
    }
    bool has(std::string_view key) const { return object_.contains(key); }
    void blame(std::string_view key) {
        if (!wrong_) wrong_ = key;
    }

private:
    const json::object& object_;
    std::optional<std::string>& wrong_;
};

UsbInterface read_interface(Members& from) {
    UsbInterface made;
    from.read("number", made.number);
    from.read("class", made.usb_class);
    from.read("subclass", made.subclass);
    from.read("protocol", made.protocol);
    from.read("report_descriptor_bytes", made.report_descriptor_bytes);
    from.each("endpoints", [&](Members& one) {
        UsbEndpoint& endpoint = made.endpoints.emplace_back();
        one.read("address", endpoint.address);
        endpoint.type = UsbEndpoint::Type{static_cast<std::uint8_t>(one.read_word("type", types))};
        one.read("packet_bytes", endpoint.packet_bytes);
    });
    return made;
}

UsbIdentity read_identity(Members& from) {
    UsbIdentity made;
    from.read("vid", made.vid);
    from.read("pid", made.pid);
    from.read("bus", made.bus);
    from.read("address", made.address);
    from.read("port", made.port);
    from.read("product_index", made.product_index);
    from.read("serial_index", made.serial_index);
    from.each("interfaces", [&](Members& one) { made.interfaces.push_back(read_interface(one)); });
    return made;
}

Result<Bytes> read_answer(Members& from, bool comes_in) {
    Bytes got;
    if (from.has("error")) {
        std::string code;
        Error error;
        from.read("error", code);
        from.read("cause", error.detail);
        const auto known = errc_of(code);
        if (!known) from.blame("error");
        error.code = known.value_or(Errc::io);
        return error;
    }
    if (comes_in) from.read_hex("got", got);
    return got;
}

UsbStep read_step(Members& from) {
    using enum UsbStep::Kind;
    UsbStep step;
    step.kind = static_cast<UsbStep::Kind>(from.read_word("do", kinds));
    from.read("ms", step.ms);
    if (step.is_on_pipe() || step.kind == claim) from.read("pipe", step.pipe);
    if (step.is_change() || step.kind == claim) from.read("device", step.device);
    if (step.kind == arrived) step.identity = read_identity(from);
    if (step.kind == claim) from.read("interface", step.interface);
    if (step.kind == control_in || step.kind == control_out) {
        from.read("type", step.setup.type);
        from.read("request", step.setup.request);
        from.read("value", step.setup.value);
        from.read("index", step.setup.index);
    }
    const bool comes_in = step.kind == control_in || step.kind == read;
    if (step.kind == read || step.kind == write) from.read("endpoint", step.endpoint);
    if (comes_in) from.read("bytes", step.bytes);
    if (step.kind == control_out || step.kind == write) from.read_hex("sent", step.sent);
    step.answer = read_answer(from, comes_in);
    return step;
}

}  // namespace

std::string recording_head() {
    return json::serialize(json::object{{version_key, version}}) + "\n";
}

std::string write_step(const UsbStep& step) {
    using enum UsbStep::Kind;
    json::object line{{"ms", step.ms}, {"do", kinds[static_cast<std::size_t>(step.kind)]}};
    if (step.is_on_pipe() || step.kind == claim) line["pipe"] = step.pipe;
    if (step.is_change() || step.kind == claim) line["device"] = step.device;
    if (step.kind == arrived) write_identity(line, step.identity);
    if (step.kind == claim) line["interface"] = step.interface;
    if (step.kind == control_in || step.kind == control_out) {
        line["type"] = step.setup.type;
        line["request"] = step.setup.request;
        line["value"] = step.setup.value;
        line["index"] = step.setup.index;
    }
    const bool comes_in = step.kind == control_in || step.kind == read;
    if (step.kind == read || step.kind == write) line["endpoint"] = step.endpoint;
    if (comes_in) line["bytes"] = step.bytes;
    if (step.kind == control_out || step.kind == write) line["sent"] = hex(step.sent);
    if (!step.answer) {
        line["error"] = name(step.answer.error().code);
        line["cause"] = step.answer.error().detail;
    } else if (comes_in) {
        line["got"] = hex(*step.answer);
    }
    return json::serialize(line) + "\n";
}

Result<std::vector<UsbStep>> read_recording(std::string_view text) {
    if (text.empty()) return Error{Errc::malformed, "an empty file"};
    std::vector<UsbStep> steps;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto bad = [&](const std::string& what) {
            return Error{Errc::malformed, "line " + std::to_string(number) + ": " + what};
        };
        const auto end = std::min(text.find('\n'), text.size());
        boost::system::error_code failed;
        const json::value line = json::parse(json::string_view{text.data(), end}, failed);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (failed || !line.is_object()) return bad("no JSON object");
        std::optional<std::string> wrong;
        Members members{line.get_object(), wrong};
        if (number == 1) {
            std::uint64_t written = 0;
            members.read(version_key, written);
            if (wrong) return bad("no recording of USB devices");
            if (written != version)
                return Error{Errc::unsupported,
                             "a recording of version " + std::to_string(written)};
            continue;
        }
        steps.push_back(read_step(members));
        if (wrong) return bad("'" + *wrong + "' is wrong or missing");
    }
    return steps;
}

}  // namespace till::drivers

#include "drivers/decode/coupon.hpp"

#include "drivers/decode/coupon_errors.hpp"
#include "drivers/decode/lint_errors.hpp"
#include "drivers/decode/linters.hpp"

namespace till::drivers {

namespace {

namespace errors = coupon_errors;

constexpr std::size_t offer_digits = 6;
constexpr std::size_t family_digits = 3;
constexpr std::size_t date_digits = 6;
constexpr std::size_t gcp_base = 6;  // A length digit n of a company prefix means 6 + n digits.

/// Walks the digits field by field and stops at the first fault, which it keeps: after that every
/// step is a no-op, so that a format reads as the plain list of its fields.
class Reader {
public:
    explicit Reader(std::string_view digits) : digits_{digits} {
        if (const auto bad = lint::csetnumeric(digits)) fault_ = *bad;
    }

    bool ok() const noexcept { return !fault_; }
    const LintFault& fault() const noexcept { return *fault_; }
    std::size_t position() const noexcept { return at_; }

    /// Takes the digit that opens an optional field, if it is the next one.
    bool opens(char field) {
        if (fault_ || at_ == digits_.size() || digits_[at_] != field) return false;
        ++at_;
        return true;
    }

    char code(const errors::CodeField& field, std::string_view allowed) {
        return code(field.missing, field.bad, allowed);
    }

    char code(const LintError& missing, const LintError& bad, std::string_view allowed) {
        if (at_ == digits_.size()) {
            fail(missing, 0, digits_.size());
        } else if (allowed.find(digits_[at_]) == std::string_view::npos) {
            fail(bad, at_, 1);
        }
        return ok() ? digits_[at_++] : '0';
    }

    std::string_view fixed(std::size_t size, const LintError& truncated) {
        if (fault_) return {};
        const auto left = digits_.size() - at_;
        if (left < size) {
            // With nothing left to point at, the whole coupon is to blame.
            left == 0 ? fail(truncated, 0, digits_.size()) : fail(truncated, at_, left);
            return {};
        }
        at_ += size;
        return digits_.substr(at_ - size, size);
    }

    std::string_view counted(const errors::CountedField& field, std::string_view allowed,
                             std::size_t base) {
        const char length = code(field.missing, field.bad, allowed);
        return fixed(base + static_cast<std::size_t>(lint::digit(length)), field.truncated);
    }

    /// `allowed` may hold '9', which says "no prefix of its own".
    std::string_view company_prefix(const errors::CountedField& field, std::string_view allowed) {
        if (!fault_ && allowed.ends_with('9') && at_ < digits_.size() && digits_[at_] == '9') {
            ++at_;
            return {};
        }
        const auto prefix = counted(field, allowed, gcp_base);
        if (ok() && lint::gcppos1(prefix)) fail(lint::gcp, at_ - prefix.size(), prefix.size());
        return prefix;
    }

    std::string_view date(const LintError& too_short, const LintError& bad) {
        const auto text = fixed(date_digits, too_short);
        if (ok() && lint::yymmdd(text)) fail(bad, at_ - date_digits, date_digits);
        return text;
    }

    void fail(const LintError& error, std::size_t position, std::size_t length) {
        if (!fault_) fault_ = LintFault{&error, position, length};
    }

    void end() {
        if (ok() && at_ != digits_.size()) fail(errors::excess, at_, digits_.size() - at_);
    }

private:
    std::string_view digits_;
    std::size_t at_ = 0;
    std::optional<LintFault> fault_;
};

CouponPurchase read_purchase(Reader& in, std::size_t nth) {
    const auto& names = errors::purchases[nth];
    CouponPurchase purchase;
    purchase.requirement = in.counted(names.requirement, "12345", 0);
    purchase.requirement_code = in.code(names.code, "012349");
    purchase.family_code = in.fixed(family_digits, names.family_truncated);
    if (nth > 0) purchase.company_prefix = in.company_prefix(names.gcp, "01234569");
    return purchase;
}

void read_dates(Reader& in, Coupon& coupon) {
    if (in.opens('3')) coupon.expires = in.date(errors::expires_short, errors::expires_bad);
    if (!in.opens('4')) return;
    coupon.starts = in.date(errors::starts_short, errors::starts_bad);
    if (in.ok() && !coupon.expires.empty() && coupon.starts > coupon.expires) {
        const auto both = date_digits + 1 + date_digits + 1;  // Each date after its field digit.
        in.fail(errors::expires_first, in.position() - both, both);
    }
}

void read_options(Reader& in, Coupon& coupon) {
    if (in.opens('1')) {
        coupon.additional_rules = in.code(errors::rules, "0123");
        coupon.purchases[1] = read_purchase(in, 1);
    }
    if (in.opens('2')) coupon.purchases[2] = read_purchase(in, 2);
    read_dates(in, coupon);
    if (in.opens('5')) coupon.serial = in.counted(errors::serial, "0123456789", gcp_base);
    if (in.opens('6')) coupon.retailer = in.company_prefix(errors::retailer, "1234567");
    if (in.opens('9')) {
        coupon.save_value_code = in.code(errors::value_code, "01256");
        coupon.save_value_applies_to = in.code(errors::applies_to, "012");
        coupon.store_coupon = in.code(errors::store_flag, "0123456789") != '0';
        coupon.may_multiply = in.code(errors::multiply, "01") == '0';
    }
}

}  // namespace

std::expected<Coupon, LintFault> parse_coupon(std::string_view digits) {
    Reader in{digits};
    Coupon coupon;
    coupon.company_prefix = in.company_prefix(errors::gcp, "0123456");
    coupon.offer_code = in.fixed(offer_digits, errors::offer_truncated);
    coupon.save_value = in.counted(errors::save_value, "12345", 0);
    coupon.purchases[0] = read_purchase(in, 0);
    read_options(in, coupon);
    in.end();
    if (!in.ok()) return std::unexpected{in.fault()};
    return coupon;
}

std::expected<CouponOffer, LintFault> parse_coupon_offer(std::string_view digits) {
    Reader in{digits};
    CouponOffer offer;
    offer.format = in.code(errors::format, "01");
    offer.funder = in.company_prefix(errors::funder, "0123456");
    offer.offer_code = in.fixed(offer_digits, errors::offer_truncated);
    offer.serial = in.counted(errors::serial, "0123456789", gcp_base);
    in.end();
    if (!in.ok()) return std::unexpected{in.fault()};
    return offer;
}

LintResult lint::couponcode(std::string_view value) {
    const auto parsed = parse_coupon(value);
    if (!parsed) return parsed.error();
    return {};
}

LintResult lint::couponposoffer(std::string_view value) {
    const auto parsed = parse_coupon_offer(value);
    if (!parsed) return parsed.error();
    return {};
}

}  // namespace till::drivers

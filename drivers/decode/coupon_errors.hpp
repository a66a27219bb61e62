#pragma once

#include "drivers/decode/lint.hpp"

// What can be wrong with the fields of a coupon, field by field.
namespace till::drivers::coupon_errors {

/// A field that begins with a digit telling its length.
struct CountedField {
    LintError missing;    ///< The length digit is not there.
    LintError bad;        ///< The length digit is none of those allowed.
    LintError truncated;  ///< Fewer digits follow than it announces.
};

/// A field of one digit out of a set.
struct CodeField {
    LintError missing;
    LintError bad;
};

inline constexpr CountedField gcp{
    {"COUPON_MISSING_GCP_VLI", "The coupon's primary GS1 Company Prefix VLI is missing."},
    {"COUPON_INVALID_GCP_LENGTH",
     "The coupon's primary GS1 Company Prefix VLI must be \"0\" to \"6\"."},
    {"COUPON_TRUNCATED_GCP",
     "The coupon's primary GS1 Company Prefix is shorter than indicated by its VLI."}};
inline constexpr CountedField funder{
    {"COUPON_MISSING_FUNDER_VLI", "The coupon's Funder VLI is missing."},
    {"COUPON_INVALID_FUNDER_LENGTH", "The coupon's Funder VLI must be \"0\" to \"6\"."},
    {"COUPON_TRUNCATED_FUNDER", "The coupon's Funder is shorter than indicated by its VLI."}};
inline constexpr CountedField save_value{
    {"COUPON_MISSING_SAVE_VALUE_VLI", "The coupon's Save Value VLI is missing."},
    {"COUPON_INVALID_SAVE_VALUE_LENGTH", "The coupon's Save Value VLI must be \"1\" to \"5\"."},
    {"COUPON_TRUNCATED_SAVE_VALUE",
     "The coupon's Save Value is shorter than indicated by its VLI."}};
inline constexpr CountedField serial{
    {"COUPON_MISSING_SERIAL_NUMBER_VLI", "The coupon's Serial Number VLI is missing."},
    {"COUPON_INVALID_SERIAL_NUMBER_LENGTH", "The coupon's Serial Number VLI must be a digit."},
    {"COUPON_TRUNCATED_SERIAL_NUMBER",
     "The coupon's Serial Number is shorter than indicated by its VLI."}};
inline constexpr CountedField retailer{
    {"COUPON_MISSING_RETAILER_GCP_OR_GLN_VLI", "The coupon's Retailer GCP/GLN VLI is missing."},
    {"COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH",
     "The coupon's Retailer GCP/GLN VLI must be \"1\" to \"7\"."},
    {"COUPON_TRUNCATED_RETAILER_GCP_OR_GLN",
     "The coupon's Retailer GCP/GLN is shorter than indicated by its VLI."}};

inline constexpr LintError offer_truncated{
    "COUPON_TRUNCATED_OFFER_CODE",
    "The coupon's Offer Code is shorter than the required six digits."};

/// The three purchases have the same fields and differ in the names of their errors.
struct Purchase {
    CountedField requirement;
    CodeField code;
    LintError family_truncated;
    CountedField gcp;
};

// NOLINTNEXTLINE: a table in which only the ordinal changes.
#define TILL_COUPON_PURCHASE(NTH, nth)                                                             \
    Purchase {                                                                                     \
        {{"COUPON_MISSING_" NTH "_PURCHASE_REQUIREMENT_VLI",                                       \
          "The coupon's " nth " purchase Requirement VLI is missing."},                            \
         {"COUPON_INVALID_" NTH "_PURCHASE_REQUIREMENT_LENGTH",                                    \
          "The coupon's " nth " purchase Requirement VLI must be \"1\" to \"5\"."},                \
         {"COUPON_TRUNCATED_" NTH "_PURCHASE_REQUIREMENT",                                         \
          "The coupon's " nth " purchase Requirement is shorter than indicated by its VLI."}},     \
            {{"COUPON_MISSING_" NTH "_PURCHASE_REQUIREMENT_CODE",                                  \
              "The coupon's " nth " purchase Requirement Code is missing."},                       \
             {"COUPON_INVALID_" NTH "_PURCHASE_REQUIREMENT_CODE",                                  \
              "The coupon's " nth " purchase Requirement Code must be \"0\" to \"4\" or \"9\"."}}, \
            {"COUPON_TRUNCATED_" NTH "_PURCHASE_FAMILY_CODE",                                      \
             "The coupon's " nth " purchase Family Code is shorter than three digits."},           \
            {{"COUPON_MISSING_" NTH "_PURCHASE_GCP_VLI",                                           \
              "The coupon's " nth " purchase GS1 Company Prefix VLI is missing."},                 \
             {"COUPON_INVALID_" NTH "_PURCHASE_GCP_LENGTH",                                        \
              "The coupon's " nth                                                                  \
              " purchase GS1 Company Prefix VLI must be \"0\" to \"6\" or \"9\"."},                \
             {"COUPON_TRUNCATED_" NTH "_PURCHASE_GCP",                                             \
              "The coupon's " nth                                                                  \
              " purchase GS1 Company Prefix is shorter than indicated by its VLI."}},              \
    }
inline constexpr Purchase purchases[] = {TILL_COUPON_PURCHASE("1ST", "primary"),
                                         TILL_COUPON_PURCHASE("2ND", "second"),
                                         TILL_COUPON_PURCHASE("3RD", "third")};
#undef TILL_COUPON_PURCHASE

inline constexpr CodeField rules{
    {"COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE",
     "The coupon's Additional Purchase Rules Code is missing."},
    {"COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE",
     "The coupon's Additional Purchase Rules Code must be \"0\" to \"3\"."}};
inline constexpr CodeField format{
    {"COUPON_MISSING_FORMAT_CODE", "The coupon's Format Code is missing."},
    {"COUPON_INVALID_FORMAT_CODE", "The coupon's Format Code must be \"0\" or \"1\"."}};
inline constexpr CodeField value_code{
    {"COUPON_MISSING_SAVE_VALUE_CODE", "The coupon's Save Value Code is missing."},
    {"COUPON_INVALID_SAVE_VALUE_CODE",
     "The coupon's Save Value Code must be \"0\", \"1\", \"2\", \"5\" or \"6\"."}};
inline constexpr CodeField applies_to{
    {"COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM",
     "The coupon's Save Value Applies to Item is missing."},
    {"COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM",
     "The coupon's Save Value Applies to Item must be \"0\" to \"2\"."}};
inline constexpr CodeField store_flag{
    {"COUPON_MISSING_STORE_COUPON_FLAG", "The coupon's Store Coupon Flag is missing."},
    {"COUPON_INVALID_STORE_COUPON_FLAG", "The coupon's Store Coupon Flag must be a digit."}};
inline constexpr CodeField multiply{
    {"COUPON_MISSING_DONT_MULTIPLY_FLAG", "The coupon's Don't Multiply Flag is missing."},
    {"COUPON_INVALID_DONT_MULTIPLY_FLAG",
     "The coupon's Don't Multiply Flag must be \"0\" or \"1\"."}};

inline constexpr LintError expires_short{"COUPON_TOO_SHORT_FOR_EXPIRATION_DATE",
                                         "The coupon's expiration date is too short for YYMMDD."};
inline constexpr LintError expires_bad{"COUPON_INVALID_EXIPIRATION_DATE",  // GS1's own spelling.
                                       "The coupon's expiration date is invalid."};
inline constexpr LintError starts_short{"COUPON_TOO_SHORT_FOR_START_DATE",
                                        "The coupon's start date is too short for YYMMDD."};
inline constexpr LintError starts_bad{"COUPON_INVALID_START_DATE",
                                      "The coupon's start date is invalid."};
inline constexpr LintError expires_first{"COUPON_EXPIRATION_BEFORE_START",
                                         "The coupon's expiration date precedes the start date."};
inline constexpr LintError excess{"COUPON_EXCESS_DATA",
                                  "The coupon contains excess data after the optional fields."};

}  // namespace till::drivers::coupon_errors

#pragma once

#include "drivers/decode/lint.hpp"

// The errors of the linters, apart from the coupons' (coupon.cpp builds those from a table).
namespace till::drivers::lint {

inline constexpr LintError non_digit{"NON_DIGIT_CHARACTER",
                                     "A non-digit character was found where a digit is expected."};
inline constexpr LintError cset82{
    "INVALID_CSET82_CHARACTER",
    "A non-CSET 82 character was found where a CSET 82 character is expected."};
inline constexpr LintError cset39{
    "INVALID_CSET39_CHARACTER",
    "A non-CSET 39 character was found where a CSET 39 character is expected."};
inline constexpr LintError cset64{
    "INVALID_CSET64_CHARACTER",
    "A non-CSET 64 character was found where a CSET 64 character is expected."};
inline constexpr LintError cset64_padding{"INVALID_CSET64_PADDING",
                                          "Incorrect number of CSET 64 pad characters."};
inline constexpr LintError check_digit{"INCORRECT_CHECK_DIGIT",
                                       "The numeric check digit is incorrect."};
inline constexpr LintError short_for_check_digit{"TOO_SHORT_FOR_CHECK_DIGIT",
                                                 "The component is too short for a check digit."};
inline constexpr LintError check_pair{"INCORRECT_CHECK_PAIR",
                                      "The alphanumeric check-character pair is incorrect."};
inline constexpr LintError short_for_check_pair{
    "TOO_SHORT_FOR_CHECK_PAIR", "The component is too short for a check-character pair."};
inline constexpr LintError long_for_check_pair{
    "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION",
    "The component is too long for a check-character pair calculation."};
inline constexpr LintError short_for_gcp{
    "TOO_SHORT_FOR_GCP", "The component is shorter than the shortest GS1 Company Prefix."};
inline constexpr LintError gcp{"INVALID_GCP_PREFIX", "The GS1 Company Prefix is invalid."};
inline constexpr LintError importer_length{"IMPORTER_IDX_MUST_BE_ONE_CHARACTER",
                                           "The Importer Index must be a single character."};
inline constexpr LintError importer_character{"INVALID_IMPORT_IDX_CHARACTER",
                                              "The Importer Index is an invalid character."};
inline constexpr LintError zero_value{"ILLEGAL_ZERO_VALUE", "A non-zero value is required."};
inline constexpr LintError not_zero{"NOT_ZERO", "A zero value is required."};
inline constexpr LintError zero_prefix{"ILLEGAL_ZERO_PREFIX", "A zero prefix is not permitted."};
inline constexpr LintError not_zero_or_one{"NOT_ZERO_OR_ONE", "A \"0\" or \"1\" is required."};
inline constexpr LintError winding{"INVALID_WINDING_DIRECTION",
                                   "The winding direction must be \"0\", \"1\" or \"9\"."};
inline constexpr LintError iso3166{"NOT_ISO3166",
                                   "A valid ISO 3166 three-digit country code is required."};
inline constexpr LintError iso3166_999{
    "NOT_ISO3166_OR_999", "A valid ISO 3166 three-digit country code or \"999\" is required."};
inline constexpr LintError iso3166_alpha2{
    "NOT_ISO3166_ALPHA2", "A valid ISO 3166 two-character country code is required."};
inline constexpr LintError iso4217{"NOT_ISO4217",
                                   "A valid ISO 4217 three-digit currency code is required."};
inline constexpr LintError sex{"INVALID_BIOLOGICAL_SEX_CODE",
                               "A valid ISO/IEC 5218 biological sex code is required."};
inline constexpr LintError media_type{"INVALID_MEDIA_TYPE", "A valid AIDC media type is required."};
inline constexpr LintError package_type{"INVALID_PACKAGE_TYPE",
                                        "A valid PackageTypeCode is required."};
inline constexpr LintError iban_short{"IBAN_TOO_SHORT", "The IBAN is too short."};
inline constexpr LintError iban_long{"IBAN_TOO_LONG", "The IBAN is too long."};
inline constexpr LintError iban_character{"INVALID_IBAN_CHARACTER",
                                          "The IBAN contains an invalid character."};
inline constexpr LintError iban_country{"ILLEGAL_IBAN_COUNTRY_CODE",
                                        "The IBAN must start with an ISO 3166 country code."};
inline constexpr LintError iban_checksum{"INCORRECT_IBAN_CHECKSUM",
                                         "The check characters of the IBAN are incorrect."};
inline constexpr LintError date_short{"DATE_TOO_SHORT", "The date is too short."};
inline constexpr LintError date_long{"DATE_TOO_LONG", "The date is too long."};
inline constexpr LintError month{"ILLEGAL_MONTH",
                                 "The date contains an illegal month of the year."};
inline constexpr LintError day{"ILLEGAL_DAY", "The date contains an illegal day of the month."};
inline constexpr LintError hour{"ILLEGAL_HOUR", "The time contains an illegal hour."};
inline constexpr LintError minute{"ILLEGAL_MINUTE", "The time contains an illegal minute."};
inline constexpr LintError second{"ILLEGAL_SECOND", "The time contains illegal seconds."};
inline constexpr LintError hour_short{"HOUR_TOO_SHORT", "The hour is too short for HH."};
inline constexpr LintError hour_long{"HOUR_TOO_LONG", "The hour is too long for HH."};
inline constexpr LintError minute_short{"MINUTE_TOO_SHORT", "The minute is too short for MI."};
inline constexpr LintError minute_long{"MINUTE_TOO_LONG", "The minute is too long for MI."};
inline constexpr LintError second_short{"SECOND_TOO_SHORT", "The second is too short for SS."};
inline constexpr LintError second_long{"SECOND_TOO_LONG", "The second is too long for SS."};
inline constexpr LintError hour_minute_short{"HOUR_WITH_MINUTE_TOO_SHORT",
                                             "The hour with minute is too short for HHMI."};
inline constexpr LintError hour_minute_long{"HOUR_WITH_MINUTE_TOO_LONG",
                                            "The hour with minute is too long for HHMI."};
inline constexpr LintError piece_length{"INVALID_LENGTH_FOR_PIECE_OF_TOTAL",
                                        "The piece with total must have an even length."};
inline constexpr LintError piece_zero{"ZERO_PIECE_NUMBER", "The piece number must not be zero."};
inline constexpr LintError total_zero{"ZERO_TOTAL_PIECES", "The piece total must not be zero."};
inline constexpr LintError piece_exceeds{"PIECE_NUMBER_EXCEEDS_TOTAL",
                                         "The piece number must not exceed the piece total."};
inline constexpr LintError sequence{"POSITION_IN_SEQUENCE_MALFORMED",
                                    "The data must have the format \"<pos>/<end>\"."};
inline constexpr LintError position_exceeds{"POSITION_EXCEEDS_END",
                                            "The position number must not exceed the end."};
inline constexpr LintError percent{"INVALID_PERCENT_SEQUENCE",
                                   "The input contains an invalid \"%hh\" sequence."};
inline constexpr LintError latitude{"INVALID_LATITUDE",
                                    "The latitude is outside \"0000000000\" to \"1800000000\"."};
inline constexpr LintError longitude{"INVALID_LONGITUDE",
                                     "The longitude is outside \"0000000000\" to \"3600000000\"."};
inline constexpr LintError latitude_length{"LATITUDE_INVALID_LENGTH",
                                           "The latitude must be 10 digits."};
inline constexpr LintError longitude_length{"LONGITUDE_INVALID_LENGTH",
                                            "The longitude must be 10 digits."};
inline constexpr LintError not_hyphen{"NOT_HYPHEN", "Only hyphens are permitted."};
inline constexpr LintError needs_non_digit{"REQUIRES_NON_DIGIT_CHARACTER",
                                           "A non-digit character is required."};

}  // namespace till::drivers::lint

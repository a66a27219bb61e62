#pragma once

#include "agent/core/hex.hpp"

// Report descriptors of the devices that tests pretend to have, one line for each field.
namespace till::tests {

/// A HID POS scanner. Report 2: id, count, AIM (3), data (56), 2 of the vendor's, "more" in bit 0.
inline Bytes scanner_descriptor() {
    return *unhex(
        "058c0902a101"                  // Bar code scanner
        "85020912a102"                  // Report 2, scanned data
        "150026ff0075089501"            // Bytes
        "0501093b8102"                  // Byte count
        "058c09fb810209fc810209fd8102"  // Symbology identifier, one item for each character
        "953809fe820201"                // Decoded data
        "95020666ff09048102"            // The vendor's
        "058c25017501950109ff8102"      // Data continued
        "95078103c0"                    // Padding
        "0914a10285047501950109609182"  // Report 4 out: initiate read
        "95079103c0c0");
}

/// Newland's and Quio's: data at 2 to 57, no identifier, "more" in byte 63.
inline Bytes bare_scanner_descriptor() {
    return *unhex(
        "058c0902a10185020912a102150026ff0075089501"
        "0501093b8102"
        "058c953809fe820201"
        "95058103"
        "25017501950109ff810295078103c0c0");
}

/// The boot keyboard that scanners pretend to be.
inline Bytes keyboard_descriptor() {
    return *unhex(
        "05010906a101"
        "050719e029e71500250175019508"  // Modifiers
        "810295017508810395067508"
        "150026ff00050719002aff00"  // Six keys: an array
        "8100c0");
}

/// A scale. Report 3: id, status, unit, exponent, weight (2).
inline Bytes scale_descriptor() {
    return *unhex(
        "058d0920a10185030932a102"
        "0970a102150125087508950119712978"  // Status: an array
        "8100c0"
        "0950a1021501250c1951295c8100c0"    // Unit: an array
        "09411581257f8102"                  // Exponent, signed
        "0940150027ffff000075108102c0c0");  // Weight
}

/// MagTek's swipe reader: decode status (3), lengths (3), encode type, three tracks of 110.
inline Bytes msr_descriptor() {
    return *unhex(
        "0600ff0901a101150026ff007508"
        "09200921092295038102"
        "09280929092a95038102"
        "093895018102"
        "0930956e820201"
        "0931956e820201"
        "0932956e820201c0");
}

}  // namespace till::tests

#pragma once

#include <sodium.h>

namespace till::detail {

/// sodium_init(), once; every function of this folder calls it first. A machine on which
/// libsodium cannot start has no randomness to offer: the process ends.
void ensure_sodium();

}  // namespace till::detail

// Whether files still hold what was written into them.
#pragma once
#include <span>

#include "scoring/pairs.h"

namespace kdseg::scoring {

/// Reads every HDF5 file of the pairs whole and compares its content with the SHA-256 stored in it.
/// Scans, and files of other programs without one, are passed over with a message.
/// \throws DataError  a file's content is not what was stored (case named), or it cannot be read
/// \throws Stopped    a signal
void verify_files(std::span<const Pair> pairs, int threads);

}  // namespace kdseg::scoring

// Provenance as the JSON text that files carry.
#pragma once
#include <string>

#include "base/provenance.h"

namespace kdseg::io {

/// Adds what is known only now: the end, the peak memory, the HDF5 version, the ids of the inputs.
/// An input that is a file of ours is named by its content_sha256, any other by the SHA-256 of its
/// bytes; a folder, or one that is gone (with a warning), by its name alone.
/// \throws RunError, DataError  an input is there and cannot be read
std::string provenance_to_json(const Provenance& provenance);

}  // namespace kdseg::io

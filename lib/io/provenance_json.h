// Provenance as the JSON text that files carry.
#pragma once
#include <string>

#include "base/provenance.h"

namespace kdseg::io {

/// Adds what is known only now: the end, the peak memory, the HDF5 version, the ids of the inputs.
/// An input that is a file of ours is named by its content_sha256, any other by the SHA-256 of its
/// bytes; one that is gone or a folder by its name alone.
std::string provenance_to_json(const Provenance& provenance);

}  // namespace kdseg::io

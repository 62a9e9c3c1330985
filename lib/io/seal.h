// The seal behind an HDF5 file: a checksum of everything the HDF5 library interprets.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kdseg::io {

/// HDF5 1.10 trusts what its heaps of texts say and crashes on damaged ones, so damage has to be
/// found before the library looks. Files of ours have all metadata first and voxels behind; 48
/// bytes behind the end of the HDF5 content (which other programs pass over) hold a mark, the
/// length of the metadata and its SHA-256.
constexpr size_t seal_bytes = 48;

std::array<std::byte, seal_bytes> make_seal(std::span<const std::byte> metadata);

/// \return whether there is a seal; a file without one, as another program leaves it, passes
/// \throws DataError  the seal does not fit the metadata, or the file ends within the seal; else
///                    as throw_unreadable()
bool check_seal(const std::string& path);

/// Where the HDF5 content ends, from a superblock of version 2 or 3; 0 for anything else.
uint64_t hdf5_end(std::span<const std::byte> start);

}  // namespace kdseg::io

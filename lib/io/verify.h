// Whether an HDF5 file of ours still holds what was written into it.
#pragma once
#include <string>

#include "io/tree.h"

namespace kdseg::io {

/// The attribute content_sha256 as it stands in the file; "": other programs write none.
std::string content_attribute(const std::string& path);

/// As read_tree, and DataError where the content does not hash to the stored content_sha256: for
/// states and results that a run takes up again.
Tree read_tree_verified(const std::string& path, const std::string& schema);

/// The stored hash, once all datasets and attributes have been read and hash to it.
/// \throws DataError  they do not: the file is damaged; else as read_tree
std::string verified_content_sha256(const std::string& path);

/// Whether the file has a stored hash, which then fits its content; false: there is none to compare
/// with, as in files of other programs. \throws DataError  it does not fit; else as read_tree
bool verify_content(const std::string& path);

}  // namespace kdseg::io

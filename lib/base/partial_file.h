// Names of files that are still being written, and what killed writers leave of them.
#pragma once
#include <string>

namespace kdseg {

/// A new name beside `path`, so that a rename stays on one file system; hidden, so that no listing
/// takes it for a result; it ends like `path`, which some writers go by:
/// ".<pid>-<n>.partial.<name>".
std::string partial_name(const std::string& path);

/// Removes what dead processes left of the file `name`, or of every file when it is empty. To be
/// called by the owner of the file or folder only. Files of living processes of this machine stay
/// where `name` is empty: others may write single files into the same folder.
void remove_partial_files(const std::string& folder, const std::string& name = {});

}  // namespace kdseg

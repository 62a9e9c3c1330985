// What a folder holds, without what other programs hide in it.
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

namespace kdseg {

/// Whether a name is one that people did not put there: it starts with a point (`._x` and
/// `.DS_Store` of macOS, unfinished files of our own) or is `__MACOSX`.
bool is_hidden(std::string_view name);

/// Everything else in a folder, sorted by name. Errors as throw_unreadable() in base/read_file.h.
std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& folder);

}  // namespace kdseg

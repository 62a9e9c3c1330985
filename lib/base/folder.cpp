#include "base/folder.h"

#include "base/read_file.h"

namespace kdseg {

bool is_hidden(std::string_view name) { return name.starts_with('.') || name == "__MACOSX"; }

std::vector<std::filesystem::path> visible_entries(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const std::string& name : names_in(folder.string()))
    if (!is_hidden(name)) found.push_back(folder / name);
  return found;
}

}  // namespace kdseg

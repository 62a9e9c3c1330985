#include "intake/journal.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"

namespace kdseg::intake {

Journal::Journal(std::string path) : path_(std::move(path)) {
  if (!path_exists(path_)) return;
  for (const auto& line : split(read_text(path_), '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() == 3 && fields[2].size() == 64) lines_[fields[0]] = {fields[1], fields[2]};
  }
}

std::optional<std::string> Journal::finished(const std::string& id, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = lines_.find(id);
  if (found == lines_.end() || found->second.first != key) return std::nullopt;
  return found->second.second;
}

void Journal::add(const std::string& id, const std::string& key, const std::string& content) {
  const std::lock_guard lock(mutex_);
  // The leading newline ends a line that a kill cut short.
  std::ofstream file(path_, std::ios::app);
  file << '\n' << id << '\t' << key << '\t' << content << '\n';
  file.flush();
  if (!file) throw RunError("{}: cannot write", path_);
  lines_[id] = {key, content};
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace kdseg::intake

#include "train/identity.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/read_file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "io/tree.h"

namespace kdseg::train {
namespace {

/// Settings that change when, where and how fast a run computes, or name what is counted by its
/// content.
const std::set<std::string>& without_effect() {
  static const std::set<std::string> names{
      // where files lie
      "output", "run-dir", "history", "log-file", "panels", "panel-cases", "cases", "recipe",
      "init", "teacher",
      // counted by the cases' content
      "where", "validate", "case", "limit",
      // how it runs
      "resume", "continue", "checkpoint-every", "deadline", "workers", "cache", "stage",
      "memory-limit", "device", "deterministic", "threads", "quiet", "verbose", "record-paths",
      "describe", "list", "allow-leak"};
  return names;
}

/// A stream's cases are counted by their content, files in sections by theirs.
bool counts(const std::string& name) {
  if (without_effect().contains(name)) return false;
  const bool section = name.starts_with("[");
  return !section ||
         !(name.ends_with("] where") || name.ends_with("] recipe") || name.ends_with("] file"));
}

std::string content_of(const std::string& file) {
  return file.ends_with(".ini") || io::schema_of(file).empty() ? read_text(file)
                                                               : io::stored_content_sha256(file);
}

}  // namespace

Identity identity_of(const NamedValues& settings, const TrainingCases& cases,
                     const std::vector<std::pair<std::string, std::string>>& files) {
  size_t training = 0;
  for (const auto& part : cases.streams) training += part.training.size();
  Identity id{
      {"training cases", fmt::format("{} cases", training)},
      {"validation cases", cases.streams.empty()
                               ? "0 cases"
                               : fmt::format("{} cases", cases.predicting().validation.size())},
      {"content of the cases", cases.content}};
  for (const auto& [name, file] : files)
    id.emplace_back(name, file.empty() ? "none" : content_of(file));
  for (const auto& [name, value] : settings)
    if (counts(name)) id.emplace_back(name, value);
  return id;
}

std::string hash_of(const Identity& identity) {
  std::string text;
  for (const auto& [name, value] : identity) text += name + "\n" + value + "\n";
  return sha256(text).substr(0, 16);
}

std::string differences(const Identity& before, const Identity& now) {
  const std::map<std::string, std::string> old(before.begin(), before.end()),
      current(now.begin(), now.end());
  std::vector<std::string> found;
  const auto shown = [](const std::string& value) {
    if (value.find('\n') != std::string::npos) return std::string("another text");
    return value.empty() ? std::string("not set") : value;
  };
  const auto value_in = [&](const auto& map, const std::string& name) {
    const auto at = map.find(name);
    return shown(at == map.end() ? "" : at->second);
  };
  std::set<std::string> names;
  for (const auto& [name, value] : old) names.insert(name);
  for (const auto& [name, value] : current) names.insert(name);
  for (const auto& name : names) {
    const auto a = old.find(name), b = current.find(name);
    if (a != old.end() && b != current.end() && a->second == b->second) continue;
    found.push_back(
        fmt::format("{} was {}, is {}", name, value_in(old, name), value_in(current, name)));
  }
  if (found.size() > 3) {
    const size_t more = found.size() - 3;
    found.resize(3);
    found.push_back(fmt::format("{} more", more));
  }
  return join(found, "; ");
}

}  // namespace kdseg::train

#include "cohort/manifest.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"
#include "cohort/pattern.h"

namespace kdseg::cohort {
namespace {

const std::vector<std::string> known_keys{"id",
                                          "title",
                                          "release",
                                          "access",
                                          "url",
                                          "mirrors",
                                          "doi",
                                          "licence",
                                          "terms_url",
                                          "citations",
                                          "root_patterns",
                                          "case_pattern",
                                          "case_files",
                                          "label_masks",
                                          "patient_pattern",
                                          "stratum_table",
                                          "modalities",
                                          "label_suffixes",
                                          "label_codes",
                                          "regions",
                                          "code_aliases",
                                          "header_authority",
                                          "size",
                                          "expected_cases",
                                          "known_faults",
                                          "overlaps_with"};

/// What the library would follow without end: lists within lists, and texts of any length.
void check_bounds(const std::string& path, const std::string& text) {
  constexpr size_t longest = 1 << 20, deepest = 32;
  if (text.size() > longest)
    throw DataError("{}: {} bytes; expected a manifest of at most {}", path, text.size(), longest);
  int64_t line = 1;
  size_t opened = 0, blanks = 0;
  bool at_start = true;  // of the line: each "- " or blank there may open a level
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      at_start = true;
      blanks = 0;
      continue;
    }
    if (at_start && (c == ' ' || c == '-' || c == '?' || c == '\t')) ++blanks;
    at_start = at_start && (c == ' ' || c == '-' || c == '?' || c == '\t');
    if (c == '[' || c == '{') ++opened;
    if ((c == ']' || c == '}') && opened > 0) --opened;
    if (opened > deepest || blanks > 4 * deepest)
      throw DataError("{}:{}: nested more than {} levels deep", path, line, deepest);
  }
}

/// One manifest while it is read: every failure names file and line.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    const std::string text = read_utf8(path);
    check_bounds(path, text);
    try {
      root_ = YAML::Load(text);
    } catch (const YAML::Exception& e) {
      throw DataError("{}:{}: not YAML: {}", path, e.mark.line + 1, e.msg);
    }
    if (!root_.IsMap()) throw DataError("{}: expected a map of manifest fields", path);
    for (const auto& entry : root_) {
      const auto key = scalar<std::string>(entry.first, "key");
      if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end())
        throw fault(entry.first, "unknown key '{}'{}", key, did_you_mean(key, known_keys));
    }
  }

  YAML::Node field(const char* key, bool required) const {
    const YAML::Node node = root_[key];
    if (required && (!node || node.IsNull())) throw DataError("{}: no field '{}'", path_, key);
    return node ? node : YAML::Node();
  }

  template <class T>
  T scalar(const YAML::Node& node, const std::string& what) const {
    try {
      if (node.IsScalar()) return node.as<T>();
    } catch (const YAML::Exception&) {
    }
    throw fault(node, "{} is not {}", what,
                std::is_same_v<T, std::string> ? "a text" : "a whole number");
  }

  std::string text(const char* key, bool required = false) const {
    const auto node = field(key, required);
    return node.IsNull() ? std::string{} : scalar<std::string>(node, key);
  }

  /// A list, or one text as a list of one.
  std::vector<std::string> texts(const YAML::Node& node, const std::string& what) const {
    std::vector<std::string> items;
    if (node.IsNull()) return items;
    if (node.IsScalar()) return {scalar<std::string>(node, what)};
    if (!node.IsSequence()) throw fault(node, "{} is not a list", what);
    for (const auto& item : node) items.push_back(scalar<std::string>(item, what));
    return items;
  }
  std::vector<std::string> texts(const char* key, bool required = false) const {
    return texts(field(key, required), key);
  }

  /// The pairs of a map, in the file's order; empty when the field is absent.
  std::vector<std::pair<YAML::Node, YAML::Node>> map(const char* key, bool required = false) const {
    std::vector<std::pair<YAML::Node, YAML::Node>> pairs;
    const auto node = field(key, required);
    if (node.IsNull()) return pairs;
    if (!node.IsMap()) throw fault(node, "{} is not a map", key);
    for (const auto& entry : node) pairs.emplace_back(entry.first, entry.second);
    return pairs;
  }

  template <class... Args>
  DataError fault(const YAML::Node& node, fmt::format_string<Args...> what, Args&&... args) const {
    return DataError("{}:{}: {}", path_, node.Mark().line + 1,
                     fmt::format(what, std::forward<Args>(args)...));
  }

  void check_pattern(const char* key, const std::string& pattern) const {
    check_pattern(root_[key], key, pattern);
  }

  /// A pattern of case_files: it must say which case a file belongs to.
  void check_case_file(const YAML::Node& node, const std::string& pattern) const {
    if (!check_pattern(node, "case_files", pattern))
      throw fault(node, "case_files '{}' has no group (...) that is the case's name",
                  pattern.substr(0, 60));
  }

 private:
  /// \return whether the pattern has a group
  bool check_pattern(const YAML::Node& node, const char* key, const std::string& pattern) const {
    try {
      return Pattern(pattern, Pattern::Letters::as_they_are).has_group();
    } catch (const DataError& e) {
      throw fault(node, "{} '{}' {}", key, pattern.substr(0, 60), e.what());
    }
  }

  std::string path_;
  YAML::Node root_;
};

void read_codes(const Reader& in, Manifest& m) {
  for (const auto& [code, name] : in.map("label_codes", true)) {
    m.classes.codes.push_back(in.scalar<int>(code, "a code of label_codes"));
    m.classes.names.push_back(in.scalar<std::string>(name, "a name of label_codes"));
  }
  const auto node = in.field("label_codes", true);
  if (m.classes.codes.size() < 2 || m.classes.codes.front() != 0)
    throw in.fault(node, "label_codes starts with code {}, expected 0 (background) and more",
                   m.classes.codes.empty() ? -1 : m.classes.codes.front());
  const auto known = [&](int code) {
    return std::find(m.classes.codes.begin(), m.classes.codes.end(), code) != m.classes.codes.end();
  };
  for (const auto& [name, codes] : in.map("regions")) {
    Region region{in.scalar<std::string>(name, "a name of regions"), {}};
    for (const auto& item : codes) {
      region.codes.push_back(in.scalar<int>(item, "a code of regions"));
      if (!known(region.codes.back()))
        throw in.fault(item, "region {} has code {}, which label_codes does not list", region.name,
                       region.codes.back());
    }
    m.regions.push_back(region);
  }
  for (const auto& [from, to] : in.map("code_aliases")) {
    m.code_aliases.emplace_back(in.scalar<int>(from, "a code of code_aliases"),
                                in.scalar<int>(to, "a code of code_aliases"));
    if (!known(m.code_aliases.back().second))
      throw in.fault(to, "code_aliases leads to {}, which label_codes does not list",
                     m.code_aliases.back().second);
  }
  for (const auto& [code, file] : m.label_masks)
    if (!known(code))
      throw in.fault(in.field("label_masks", true),
                     "label_masks has code {}, which label_codes does not list", code);
}

/// Each case has a folder of its own.
void read_case_folders(const Reader& in, Manifest& m) {
  m.case_pattern = in.text("case_pattern", true);
  in.check_pattern("case_pattern", m.case_pattern);
  for (const auto& [name, suffixes] : in.map("modalities", true))
    m.modalities.emplace_back(in.scalar<std::string>(name, "a name of modalities"),
                              in.texts(suffixes, "suffixes of modalities"));
  for (const auto& [code, file] : in.map("label_masks"))
    m.label_masks.emplace_back(in.scalar<int>(code, "a code of label_masks"),
                               in.scalar<std::string>(file, "a file of label_masks"));
  m.label_suffixes = in.texts("label_suffixes", m.label_masks.empty());
  if (!m.label_masks.empty() && !m.label_suffixes.empty())
    throw in.fault(in.field("label_suffixes", true),
                   "label_suffixes does not go with label_masks: the label is one or the other");
}

void read_layout(const Reader& in, Manifest& m) {
  m.root_patterns = in.texts("root_patterns");
  for (const auto& pattern : m.root_patterns) in.check_pattern("root_patterns", pattern);
  m.patient_pattern = in.text("patient_pattern");
  in.check_pattern("patient_pattern", m.patient_pattern);
  for (const auto& [name, pattern] : in.map("case_files")) {
    m.case_files.emplace_back(in.scalar<std::string>(name, "a name of case_files"),
                              in.scalar<std::string>(pattern, "a pattern of case_files"));
    in.check_case_file(pattern, m.case_files.back().second);
    if (m.case_files.back().first != "label")
      m.modalities.emplace_back(m.case_files.back().first, std::vector<std::string>{});
  }
  if (!m.case_files.empty()) {
    for (const char* key : {"case_pattern", "modalities", "label_suffixes", "label_masks"})
      if (const auto node = in.field(key, false); !node.IsNull())
        throw in.fault(node, "{} does not go with case_files, which says the same", key);
    if (m.modalities.empty())
      throw in.fault(in.field("case_files", true), "case_files names no channel, only label");
  } else {
    read_case_folders(in, m);
  }
  m.header_authority = in.text("header_authority");
  const auto is_modality = [&](const auto& pair) { return pair.first == m.header_authority; };
  if (!m.header_authority.empty() &&
      std::none_of(m.modalities.begin(), m.modalities.end(), is_modality))
    throw in.fault(in.field("header_authority", true), "header_authority '{}' is no modality",
                   m.header_authority);
  for (const auto& [key, value] : in.map("stratum_table")) {
    const auto name = in.scalar<std::string>(key, "a key of stratum_table");
    const auto text = in.scalar<std::string>(value, name);
    if (name == "file")
      m.stratum_table.file = text;
    else if (name == "case_column")
      m.stratum_table.case_column = text;
    else if (name == "stratum_column")
      m.stratum_table.stratum_column = text;
    else
      throw in.fault(key, "unknown key '{}' in stratum_table", name);
  }
  if (const auto size = in.field("size", false); !size.IsNull()) {
    if (!size.IsSequence() || size.size() != 3)
      throw in.fault(size, "size is not a list of three numbers (x y z)");
    for (size_t a = 0; a < 3; ++a) m.size[a] = in.scalar<int64_t>(size[a], "size");
  }
}

}  // namespace

Manifest read_manifest(const std::string& path) {
  const Reader in(path);
  Manifest m;
  m.id = in.text("id", true);
  m.title = in.text("title", true);
  m.release = in.text("release");
  m.access = in.text("access", true);
  const std::vector<std::string> ways{"open", "registration", "unofficial"};
  if (std::find(ways.begin(), ways.end(), m.access) == ways.end())
    throw in.fault(in.field("access", true), "access is '{}', expected one of {}", m.access,
                   join(ways));
  m.doi = in.text("doi");
  m.licence = in.text("licence", true);
  m.terms_url = in.text("terms_url");
  m.citations = in.texts("citations");
  m.known_faults = in.texts("known_faults");
  m.url = in.texts("url");
  m.mirrors = in.texts("mirrors");
  m.overlaps_with = in.texts("overlaps_with");
  read_layout(in, m);
  read_codes(in, m);
  for (const auto& [name, count] : in.map("expected_cases"))
    m.expected_cases[in.scalar<std::string>(name, "a key of expected_cases")] =
        in.scalar<int64_t>(count, "expected_cases");
  return m;
}

}  // namespace kdseg::cohort

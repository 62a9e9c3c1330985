#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/errors.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/text.h"
#include "cohort/manifest.h"
#include "cohort/pattern.h"
#include "cohort/sheet.h"
#include "io/table.h"

namespace kdseg::cohort {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

/// The name without .nii or .nii.gz; nullopt for other files.
std::optional<std::string> nifti_stem(const std::string& name) {
  const std::string low = lower(name);
  for (const std::string extension : {".nii.gz", ".nii"})
    if (low.size() > extension.size() && low.ends_with(extension))
      return name.substr(0, name.size() - extension.size());
  return std::nullopt;
}

struct NiftiFile {
  std::string name, stem, path;
  bool taken = false;
};

/// The NIfTI files of a case. Some mirrors unpacked x_flair.nii into a folder of that name.
std::vector<NiftiFile> nifti_files(const fs::path& folder, std::vector<std::string>& fix_ups) {
  std::vector<NiftiFile> files;
  for (const auto& entry : visible_entries(folder)) {
    const std::string name = entry.filename().string();
    const auto stem = nifti_stem(name);
    if (!stem) continue;
    if (!is_folder(entry)) {
      files.push_back({name, *stem, entry.string()});
      continue;
    }
    std::vector<fs::path> inner;
    for (const auto& file : visible_entries(entry))
      if (nifti_stem(file.filename().string())) inner.push_back(file);
    if (inner.size() != 1) continue;
    fix_ups.push_back(
        fmt::format("{} is a folder, its only file {} taken", name, inner[0].filename().string()));
    files.push_back({name, *stem, inner[0].string()});
  }
  return files;
}

/// The file with one of the suffixes. Sets case.rejected when several could be meant.
std::string take_file(std::vector<NiftiFile>& files, const std::vector<std::string>& suffixes,
                      const std::string& what, FoundCase& found) {
  std::vector<NiftiFile*> matches;
  for (auto& file : files)
    for (const auto& suffix : suffixes)
      if (!file.taken && lower(file.stem).ends_with(lower(suffix))) {
        file.taken = true;
        matches.push_back(&file);
      }
  if (matches.empty()) return {};
  if (matches.size() == 2 && matches[0]->stem == matches[1]->stem) {
    // "a.nii" sorts before "a.nii.gz".
    found.fix_ups.push_back(
        fmt::format("{} taken, {} beside it ignored", matches[1]->name, matches[0]->name));
    return matches[1]->path;
  }
  if (matches.size() > 1) {
    std::vector<std::string> names;
    for (const auto* match : matches) names.push_back(match->name);
    found.rejected = fmt::format("several files for {}: {}", what, join(names));
    return {};
  }
  const std::string stem = lower(matches[0]->stem);
  if (!stem.starts_with(lower(found.id)) &&
      std::none_of(suffixes.begin(), suffixes.end(),
                   [&](const std::string& suffix) { return stem == lower(suffix); }))
    found.fix_ups.push_back(fmt::format("{} taken from {}", what, matches[0]->name));
  return matches[0]->path;
}

/// One file per structure, all of them or none.
void take_masks(const fs::path& folder, const Manifest& manifest, FoundCase& found) {
  std::vector<std::string> absent;
  for (const auto& [code, name] : manifest.label_masks) {
    fs::path path = folder / (name + ".nii.gz");
    if (!fs::exists(path)) path = folder / (name + ".nii");
    if (fs::exists(path))
      found.masks.emplace_back(code, path.string());
    else
      absent.push_back(name);
  }
  if (!found.masks.empty() && !absent.empty()) {
    found.rejected = fmt::format("no mask {}; found {} of {} masks", join(absent),
                                 found.masks.size(), manifest.label_masks.size());
    return;
  }
  if (!found.masks.empty()) found.label = found.masks.front().second;
}

void take_label(std::vector<NiftiFile>& files, const Manifest& manifest, FoundCase& found) {
  found.label = take_file(files, manifest.label_suffixes, "segmentation", found);
  if (!found.label.empty() || !found.rejected.empty()) return;
  std::vector<std::string> names;
  for (const auto& file : files)
    if (!file.taken) {
      names.push_back(file.name);
      found.label = file.path;
    }
  if (names.size() == 1) found.fix_ups.push_back("segmentation taken from " + names[0]);
  if (names.size() > 1) {
    found.label.clear();
    found.rejected = fmt::format("no segmentation ({}), and several other scans: {}",
                                 join(manifest.label_suffixes), join(names));
  }
}

void fill_case(FoundCase& found, const fs::path& folder, const Manifest& manifest,
               bool allow_missing) {
  auto files = nifti_files(folder, found.fix_ups);
  if (files.empty()) {
    const auto inner = visible_entries(folder);
    if (inner.size() == 1 && is_folder(inner[0])) {
      found.fix_ups.push_back("doubled folder " + inner[0].filename().string());
      files = nifti_files(inner[0], found.fix_ups);
    }
  }
  for (const auto& [channel, suffixes] : manifest.modalities) {
    const std::string path = take_file(files, suffixes, channel, found);
    if (!found.rejected.empty()) return;
    if (!path.empty()) {
      found.images.emplace_back(channel, path);
      continue;
    }
    found.missing.push_back(channel);
    if (allow_missing) continue;
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.name);
    found.rejected =
        fmt::format("no {} scan (name ending {}.nii.gz or .nii); found: {}", channel,
                    join(suffixes, " or "), names.empty() ? "no scan at all" : join(names));
    return;
  }
  if (found.images.empty()) {
    found.rejected = "no scan at all";
    return;
  }
  if (manifest.label_masks.empty())
    take_label(files, manifest, found);
  else
    take_masks(folder, manifest, found);
}

/// Folders that a pattern of the manifest names, the innermost where they are nested.
void find_roots(const fs::path& folder, const std::vector<Pattern>& patterns, int depth,
                std::vector<fs::path>& roots) {
  if (depth == 0) return;
  for (const auto& entry : visible_entries(folder)) {
    if (!is_folder(entry)) continue;
    const size_t before = roots.size();
    find_roots(entry, patterns, depth - 1, roots);
    const std::string name = entry.filename().string();
    if (roots.size() == before &&
        std::any_of(patterns.begin(), patterns.end(),
                    [&](const Pattern& p) { return p.matches(name).has_value(); }))
      roots.push_back(entry);
  }
}

class Search {
 public:
  Search(const Manifest& manifest, bool allow_missing)
      : manifest_(manifest),
        allow_missing_(allow_missing),
        pattern_(manifest.case_pattern, Pattern::Letters::either_case,
                 Pattern::Place::behind_folders),
        exact_(manifest.case_pattern, Pattern::Letters::as_they_are,
               Pattern::Place::behind_folders) {
    if (!manifest.patient_pattern.empty())
      patient_.emplace(manifest.patient_pattern, Pattern::Letters::either_case);
  }

  void walk(const fs::path& folder, const std::string& below, int depth) {
    if (depth == 0) return;
    for (const auto& entry : visible_entries(folder)) {
      if (!is_folder(entry)) {
        if (example.empty()) example = below + entry.filename().string();
        continue;
      }
      const std::string path = below + entry.filename().string();
      const auto match = pattern_.matches(path);
      if (!match) {
        walk(entry, path + "/", depth - 1);
        continue;
      }
      FoundCase found;
      found.id = entry.filename().string();
      check_case_id(below.empty() ? "folder" : below, found.id);
      if (match->has_group) found.stratum = match->group;
      if (!exact_.matches(path))
        found.fix_ups.push_back(
            "upper and lower case of the folder's name differ from the release");
      found.patient = patient(found.id);
      if (const auto known = seen_.find(found.id); known != seen_.end())
        found.rejected = fmt::format("found twice: {} and {}", known->second, entry.string());
      else
        fill_case(found, entry, manifest_, allow_missing_);
      seen_.emplace(found.id, entry.string());
      cases.push_back(std::move(found));
    }
  }

  std::vector<FoundCase> cases;
  std::string example;  ///< a file that lies outside case folders, for the message

 private:
  std::string patient(const std::string& id) const {
    const auto match = patient_ ? patient_->matches(id) : std::nullopt;
    return match && match->has_group ? match->group : id;
  }

  const Manifest& manifest_;
  bool allow_missing_;
  Pattern pattern_, exact_;
  std::optional<Pattern> patient_;
  std::map<std::string, std::string> seen_;
};

/// Cases whose files lie beside those of others.
class FileSearch {
 public:
  explicit FileSearch(const Manifest& manifest) : manifest_(manifest) {
    for (const auto& [channel, pattern] : manifest.case_files)
      patterns_.emplace_back(pattern, Pattern::Letters::either_case,
                             Pattern::Place::behind_folders);
    if (!manifest.patient_pattern.empty())
      patient_.emplace(manifest.patient_pattern, Pattern::Letters::either_case);
  }

  void walk(const fs::path& folder, const std::string& below, int depth) {
    if (depth == 0) return;
    for (const auto& entry : visible_entries(folder)) {
      const std::string name = entry.filename().string();
      if (is_folder(entry)) {
        walk(entry, below + name + "/", depth - 1);
        continue;
      }
      if (example.empty()) example = below + name;
      if (const auto stem = nifti_stem(name)) take(below + *stem, entry.string());
    }
  }

  std::vector<FoundCase> cases(bool allow_missing) {
    std::vector<FoundCase> found;
    for (auto& [id, one] : cases_) {
      for (const auto& modality : manifest_.modalities) {
        const std::string& channel = modality.first;
        const auto has = [&](const auto& image) { return image.first == channel; };
        if (std::any_of(one.images.begin(), one.images.end(), has)) continue;
        one.missing.push_back(channel);
        if (one.rejected.empty() && (!allow_missing || one.images.empty()))
          one.rejected = fmt::format("no {} scan; found: {}", channel,
                                     one.label.empty() ? "nothing" : one.label);
      }
      found.push_back(std::move(one));
    }
    return found;
  }

  std::string example;  ///< a file, for the message where there is no case

 private:
  void take(const std::string& below, const std::string& path) {
    for (size_t i = 0; i < patterns_.size(); ++i) {
      const auto match = patterns_[i].matches(below);
      if (!match) continue;
      check_case_id(path, match->group);
      FoundCase& found = cases_[match->group];
      if (found.id.empty()) {
        found.id = match->group;
        const auto patient = patient_ ? patient_->matches(found.id) : std::nullopt;
        found.patient = patient && patient->has_group ? patient->group : found.id;
      }
      place(manifest_.case_files[i].first, path, found);
      return;
    }
  }

  static void place(const std::string& what, const std::string& path, FoundCase& found) {
    std::string* known = what == "label" && !found.label.empty() ? &found.label : nullptr;
    for (auto& [channel, file] : found.images)
      if (channel == what) known = &file;
    if (known == nullptr) {
      if (what == "label")
        found.label = path;
      else
        found.images.emplace_back(what, path);
      return;
    }
    // "a.nii" sorts before "a.nii.gz".
    if (path == *known + ".gz") {
      found.fix_ups.push_back(
          fmt::format("{} taken, the .nii beside it ignored", fs::path(path).filename().string()));
      *known = path;
    } else if (found.rejected.empty()) {
      found.rejected = fmt::format("found twice: {} and {}", *known, path);
    }
  }

  const Manifest& manifest_;
  std::vector<Pattern> patterns_;
  std::optional<Pattern> patient_;
  std::map<std::string, FoundCase> cases_;
};

/// The first file of that name at most `depth` folders below; empty: none.
fs::path find_file(const fs::path& folder, const std::string& name, int depth) {
  if (fs::exists(folder / name)) return folder / name;
  if (depth > 0)
    for (const auto& entry : visible_entries(folder))
      if (is_folder(entry))
        if (auto found = find_file(entry, name, depth - 1); !found.empty()) return found;
  return {};
}

void read_strata(const Manifest& manifest, const fs::path& root, std::vector<FoundCase>& cases) {
  const StratumTable& where = manifest.stratum_table;
  if (where.file.empty()) return;
  const fs::path path = find_file(root, where.file, 2);
  if (path.empty()) {
    log::warning("{}: no {}: cases have no stratum, splits will not be stratified", root.string(),
                 where.file);
    return;
  }
  const io::Table table = io::read_table(path.string(), {where.case_column, where.stratum_column});
  const size_t id = table.column(where.case_column), stratum = table.column(where.stratum_column);
  std::map<std::string, std::string> strata;
  for (const auto& row : table.rows) strata[row[id]] = row[stratum];
  for (auto& found : cases)
    if (const auto entry = strata.find(found.id); entry != strata.end())
      found.stratum = entry->second;
}

}  // namespace

std::vector<FoundCase> find_cases(const Manifest& manifest, const std::string& root,
                                  bool allow_missing) {
  if (!is_folder(root)) throw DataError("{}: no such folder", root);
  std::vector<Pattern> patterns;
  for (const auto& pattern : manifest.root_patterns)
    patterns.emplace_back(pattern, Pattern::Letters::either_case);
  std::vector<fs::path> roots;
  find_roots(root, patterns, 3, roots);
  if (roots.empty()) roots.push_back(root);

  std::vector<FoundCase> cases;
  std::string expected = manifest.case_pattern, example;
  if (manifest.case_files.empty()) {
    Search search(manifest, allow_missing);
    for (const auto& start : roots) search.walk(start, "", 6);
    cases = std::move(search.cases);
    example = search.example;
  } else {
    FileSearch search(manifest);
    for (const auto& start : roots) search.walk(start, "", 6);
    cases = search.cases(allow_missing);
    expected = manifest.case_files.front().second;
    example = search.example;
  }
  if (cases.empty())
    throw DataError(
        "{}: no {} of {} found, expected {}{}", root,
        manifest.case_files.empty() ? "case folder" : "scan", manifest.title, expected,
        example.empty() ? "; there is no file" : fmt::format("; found e.g. '{}'", example));
  std::stable_sort(cases.begin(), cases.end(),
                   [](const FoundCase& a, const FoundCase& b) { return a.id < b.id; });
  read_strata(manifest, root, cases);
  return cases;
}

std::vector<std::string> count_faults(const Manifest& manifest, std::span<const FoundCase> cases) {
  std::vector<std::string> faults, known;
  const auto found = static_cast<int64_t>(cases.size());
  std::string split;
  for (const auto& [name, count] : manifest.expected_cases) {
    if (name.find('/') != std::string::npos) continue;
    known.push_back(fmt::format("{} {}", name, count));
    if (count == found) split = name;
  }
  if (split.empty() && !known.empty())
    faults.push_back(fmt::format("{} cases found, {} has {}", found, manifest.title, join(known)));
  for (const auto& [name, count] : manifest.expected_cases) {
    const auto slash = name.find('/');
    if (split.empty() || slash == std::string::npos || name.substr(0, slash) != split) continue;
    const std::string stratum = name.substr(slash + 1);
    const auto strata = std::count_if(cases.begin(), cases.end(),
                                      [&](const FoundCase& c) { return c.stratum == stratum; });
    if (strata != count)
      faults.push_back(fmt::format("{} cases of stratum {} found, {} has {}", strata, stratum,
                                   manifest.title, count));
  }
  return faults;
}

}  // namespace kdseg::cohort

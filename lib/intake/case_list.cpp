#include "intake/case_list.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "intake/annotation.h"
#include "intake/scan_sheet.h"
#include "io/table.h"
#include "io/tree.h"
#include "io/volume_file.h"

namespace kdseg::intake {
namespace {

namespace fs = std::filesystem;

void list_explicit(const CaseListSettings& s, const std::string& id, CaseList& list) {
  ListedCase listed;
  listed.files.id = listed.patient = id;
  for (const auto& text : s.images) {
    for (auto& image : named_images(text)) {
      for (const auto& known : listed.files.images)
        if (known.channel == image.channel)
          throw UsageError("--image {}: channel given twice", image.channel);
      listed.files.images.push_back(std::move(image));
    }
  }
  listed.files.label = s.label;
  listed.files.share = s.share;
  list.cases.push_back(listed);
  cohort::Row row;
  row.id = id;
  list.sheet.rows.push_back(row);
}

void list_folder(const CaseListSettings& s, CaseList& list) {
  auto found = cohort::find_cases(*list.manifest, s.root, s.allow_missing);
  list.faults = cohort::count_faults(*list.manifest, found);
  const bool patients = !list.manifest->patient_pattern.empty();
  if (patients) list.sheet.extra_columns.push_back("patient");
  for (auto& one : found) {
    cohort::Row row;
    row.id = one.id;
    row.stratum = one.stratum;
    if (patients) row.extra["patient"] = one.patient;
    list.sheet.rows.push_back(row);
    CaseFiles files{one.id, one.stratum, {}, one.label};
    for (auto& [channel, path] : one.images) files.images.push_back({channel, path});
    files.masks = one.masks;
    list.cases.push_back({std::move(files),
                          {},
                          one.patient,
                          std::move(one.missing),
                          std::move(one.fix_ups),
                          one.rejected});
  }
}

void list_volume_sheet(const std::string& path, CaseList& list) {
  list.sheet = cohort::read_sheet(path);
  for (const auto& row : list.sheet.rows) {
    ListedCase listed;
    listed.files.id = row.id;
    listed.files.stratum = row.stratum;
    listed.volume = row.path;
    listed.patient = row.extra.contains("patient") ? row.extra.at("patient") : row.id;
    list.cases.push_back(std::move(listed));
  }
}

void keep_selected(const CaseSelection& selection, CaseList& list) {
  const auto rows = cohort::select(list.sheet, selection);
  // A case found twice is listed twice: the second one carries the reason for its rejection.
  std::set<std::string> chosen;
  for (const auto& row : rows) chosen.insert(row.id);
  std::vector<ListedCase> cases;
  std::vector<cohort::Row> kept;
  for (size_t i = 0; i < list.cases.size(); ++i)
    if (chosen.contains(list.cases[i].files.id)) {
      cases.push_back(std::move(list.cases[i]));
      kept.push_back(std::move(list.sheet.rows[i]));
    }
  list.cases = std::move(cases);
  list.sheet.rows = std::move(kept);
}

/// The stored volume; labels from elsewhere replace its own and are of its classes where it has
/// any.
Volume annotated_volume(const ListedCase& listed, const LabelMeaning* meaning) {
  Volume volume = io::read_volume(listed.volume);
  const auto& files = listed.files;
  if (files.label.empty() && files.share.empty()) return volume;
  LabelMeaning own{volume.data.classes, volume.data.regions, {}};
  if (!meaning && !own.classes.names.empty()) meaning = &own;
  if (!meaning && !(is_prediction(files.label) || is_prediction(files.share)))
    throw DataError("what do the codes of label {} mean? Give --manifest FILE or --classes",
                    files.label);
  std::vector<std::string> notes;
  Annotation made = read_annotation(files, meaning, volume.chain.source, notes);
  attach(volume, std::move(made));
  for (const auto& note : notes) log::warning("case {}: {}", files.id, note);
  return volume;
}

/// The files of a folder of predictions take the place of the cases' labels.
void take_annotations(const std::string& folder, CaseList& list) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw UsageError("--annotations {}: no such folder; expected one of predictions", folder);
  for (auto& listed : list.cases) {
    const fs::path stem = fs::path(folder) / listed.files.id;
    const std::string prediction = stem.string() + ".h5", scan = stem.string() + ".nii.gz",
                      share = stem.string() + "_prob.nii.gz";
    listed.files.label = listed.files.share = {};
    listed.files.masks.clear();
    if (fs::exists(prediction, error)) {
      listed.files.label = prediction;
      if (io::read_tree_header(prediction, "prediction").has("/probability"))
        listed.files.share = prediction;
    } else if (fs::exists(scan, error)) {
      listed.files.label = scan;
      if (fs::exists(share, error)) listed.files.share = share;
    } else if (listed.rejected.empty()) {
      listed.rejected = fmt::format("neither {} nor {}", prediction, scan);
    }
  }
  cohort::mark_labels(list.sheet, cohort::annotation);
}

/// What the labels' scans mean, and where labels come from.
void settle_labels(const CaseListSettings& s, CaseList& list) {
  bool ordered = false;
  for (size_t i = 0; i < list.cases.size(); ++i) {
    auto& files = list.cases[i].files;
    files.share_order = s.share_order;
    const bool share_scan = !files.share.empty() && !is_prediction(files.share);
    ordered = ordered || share_scan;
    for (const auto& file : {files.label, files.share})
      if (!file.empty() && !is_prediction(file) && !list.meaning && list.cases[i].volume.empty())
        throw UsageError(
            "case {}: what do the codes of label {} mean? Give --manifest FILE or "
            "--classes NAME=CODE,...",
            files.id, file);
    if (share_scan && s.share_order.empty())
      throw UsageError(
          "case {}: what are the volumes of {}? --share-order NAME,... names them in their order",
          files.id, files.share);
    if (is_prediction(files.label) || is_prediction(files.share))
      cohort::mark_labels(list.sheet, i, cohort::annotation);
  }
  if (!s.share_order.empty() && !ordered)
    throw UsageError("--share-order {}: no case has a scan of soft labels",
                     join(s.share_order, ","));
}

}  // namespace

void check_case_options(const CaseListSettings& s) {
  const int ways = !s.images.empty() + !s.root.empty() + !s.selection.cases.empty();
  if (ways == 0)
    throw UsageError(
        "no case given; expected --image NAME=FILE, --cases SHEET, or --manifest FILE "
        "with --root DIR");
  if (ways > 1) throw UsageError("--image, --cases and --root are three ways; give one of them");
  if (!s.root.empty() && s.manifest.empty())
    throw UsageError("--root needs --manifest FILE, which describes the data set");
  if (!s.label.empty() && s.images.empty())
    throw UsageError("--label goes with --image; a sheet has a column label");
  if (!s.share.empty() && s.images.empty())
    throw UsageError("--share goes with --image; a sheet has a column share");
  if (!s.annotations.empty() && !s.images.empty())
    throw UsageError("--annotations is for many cases; a single case has --label and --share");
  if (s.allow_missing && s.root.empty() && s.selection.cases.empty())
    throw UsageError("--allow-missing goes with --root or --cases; --image names what there is");
  if (!s.manifest.empty() && !s.classes.empty())
    throw UsageError("--classes and --manifest both explain label codes; give one of them");
}

ClassTable parse_classes(const std::vector<std::string>& items) {
  ClassTable table;
  const auto add = [&](const std::string& name, int code) {
    if (std::find(table.codes.begin(), table.codes.end(), code) != table.codes.end())
      throw UsageError("--classes: code {} given twice", code);
    if (std::find(table.names.begin(), table.names.end(), name) != table.names.end())
      throw UsageError("--classes: name {} given twice", name);
    table.names.push_back(name);
    table.codes.push_back(code);
  };
  std::vector<std::pair<std::string, int>> parsed;
  bool background = false;
  for (const auto& item : items) {
    const auto equals = item.find('=');
    const auto code = equals == std::string::npos
                          ? std::nullopt
                          : parse_integer(trim(std::string_view(item).substr(equals + 1)));
    if (!code || equals == 0 || std::abs(*code) > 1'000'000'000)
      throw UsageError("--classes {}: expected NAME=CODE,..., as in NCR=1,ED=2,ET=4", item);
    parsed.emplace_back(trim(item.substr(0, equals)), static_cast<int>(*code));
    background = background || *code == 0;
  }
  if (!background) add("background", 0);
  // Class 0 is the background wherever it stands in the list.
  for (const auto& [name, code] : parsed)
    if (code == 0) add(name, code);
  for (const auto& [name, code] : parsed)
    if (code != 0) add(name, code);
  return table;
}

std::vector<ImageFile> named_images(const std::string& text) {
  const auto equals = text.find('=');
  auto images = equals == std::string::npos
                    ? std::vector<ImageFile>{}
                    : channels_of(text.substr(0, equals), text.substr(equals + 1));
  for (const auto& image : images)
    if (image.channel.empty()) images.clear();
  if (images.empty() || images.front().path.empty())
    throw UsageError(
        "--image {}: expected NAME=FILE, as in flair=a.nii.gz, or a name for each volume of a 4D "
        "file, as in flair,t1,t1ce,t2=a.nii.gz",
        text);
  return images;
}

CaseList list_cases(const CaseListSettings& s, const std::string& explicit_id) {
  check_case_options(s);
  CaseList list;
  if (!s.manifest.empty()) {
    list.manifest = cohort::read_manifest(s.manifest);
    list.meaning = {list.manifest->classes, list.manifest->regions, list.manifest->code_aliases};
  } else if (!s.classes.empty()) {
    list.meaning = {parse_classes(s.classes), {}, {}};
  }
  CaseSelection selection = s.selection;
  if (!s.images.empty()) {
    list_explicit(s, explicit_id, list);
    selection.cases = "--image";
  } else if (!s.root.empty()) {
    list_folder(s, list);
    selection.cases = s.root;
  } else {
    const auto table = io::read_table(selection.cases, {"case"});
    if (table.has_column("file"))
      list_volume_sheet(selection.cases, list);
    else
      list_scan_sheet(table, list);
  }
  keep_selected(selection, list);
  for (auto& listed : list.cases) {
    if (list.manifest) listed.files.header_authority = list.manifest->header_authority;
    listed.files.ignore_geometry = s.ignore_geometry;
    listed.files.nan_is_zero = s.nan == "zero";
  }
  if (!s.annotations.empty()) take_annotations(s.annotations, list);
  settle_labels(s, list);
  return list;
}

Volume load_case(const ListedCase& listed, const LabelMeaning* meaning) {
  const std::string title = "case " + listed.files.id;
  const auto named = [&](const std::string& message) {
    return message.starts_with(title) ? message : title + ": " + message;
  };
  try {
    Volume volume = listed.volume.empty() ? import_case(listed.files, meaning)
                                          : annotated_volume(listed, meaning);
    volume.data.id = listed.files.id;
    volume.data.stratum = listed.files.stratum;
    return volume;
  } catch (const DataError& e) {
    throw DataError(named(e.what()));
  } catch (const RunError& e) {
    throw RunError(named(e.what()));
  }
}

std::string reading_of(const CaseFiles& files) {
  std::string text;
  for (const ImageFile& image : files.images) {
    text += image.channel;
    if (image.volumes > 1) text += fmt::format(" {}/{}", image.volume, image.volumes);
    text += "\n";
  }
  for (const auto& [code, path] : files.masks) text += fmt::format("mask {}\n", code);
  if (files.ignore_geometry) text += "ignore-geometry\n";
  if (files.nan_is_zero) text += "nan zero\n";
  return text;
}

std::vector<std::string> input_files(const ListedCase& listed) {
  std::vector<std::string> files;
  if (!listed.volume.empty()) files.push_back(listed.volume);
  for (const ImageFile& image : listed.files.images)
    if (image.volume == 0) files.push_back(image.path);
  for (const auto& file : {listed.files.label, listed.files.share})
    if (!file.empty() && (files.empty() || files.back() != file)) files.push_back(file);
  for (size_t m = 1; m < listed.files.masks.size(); ++m)
    files.push_back(listed.files.masks[m].second);
  return files;
}

void refuse_inputs_in(const std::string& folder, const CaseList& list,
                      const CaseListSettings& settings) {
  const auto refuse = [&](const std::string& input, const fs::path& place) {
    std::error_code error;
    if (!input.empty() && fs::equivalent(place.empty() ? "." : place, folder, error))
      throw UsageError("--output-dir {}: holds the input {}; choose another folder", folder, input);
  };
  refuse(settings.root, settings.root);
  refuse(settings.selection.cases, fs::path(settings.selection.cases).parent_path());
  for (const auto& listed : list.cases)
    for (const auto& file : input_files(listed)) refuse(file, fs::path(file).parent_path());
}

}  // namespace kdseg::intake

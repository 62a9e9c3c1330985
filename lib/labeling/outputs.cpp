#include "labeling/outputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "intake/export_image.h"
#include "intake/intake.h"
#include "io/atomic_file.h"
#include "io/table.h"
#include "io/verify.h"
#include "io/volume_file.h"

namespace kdseg::labeling {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> scan_extensions{".nii", ".nii.gz", ".nrrd", ".mha"};

/// The scan extension of a name, "" when it has none.
std::string scan_extension(const std::string& name) {
  for (const auto& extension : scan_extensions)
    if (name.size() > extension.size() && name.ends_with(extension)) return extension;
  return {};
}

/// "a.nii.gz" gives "a_prob.nii.gz".
std::string map_name(const std::string& label, const std::string& extension,
                     const std::string& map) {
  return label.substr(0, label.size() - extension.size()) + "_" + map + extension;
}

std::string content_of(const std::string& file) {
  return io::schema_of(file).empty() ? io::sha256_of_file(file) : io::stored_content_sha256(file);
}

/// As content_of(), but from what the file holds now. \throws DataError  it is damaged
std::string verified_content_of(const std::string& file) {
  return io::schema_of(file).empty() ? io::sha256_of_file(file) : io::verified_content_sha256(file);
}

void write_map(const std::string& map, const std::string& file, const io::Prediction& prediction) {
  if (map == "prob")
    intake::write_probability_scan(file, prediction);
  else if (map == "uncertainty")
    intake::write_uncertainty_scan(file, prediction);
  else
    intake::write_map_scan(file, prediction, map);
}

}  // namespace

void check_output_options(const LabelSettings& s, bool maps) {
  const int targets = !s.output.empty() + !s.output_dir.empty();
  if (targets != 1)
    throw UsageError(
        "expected --output FILE (with --input or --image) or --output-dir DIR (with --cases or "
        "--root), found {}",
        targets == 0 ? "neither" : "both");
  const bool one = !s.input.empty() || !s.from.images.empty();
  if (one != !s.output.empty())
    throw UsageError("--output goes with --input or --image, --output-dir with --cases or --root");
  if (s.nifti && one) throw UsageError("--nifti goes with --output-dir; name --output FILE.nii.gz");
  if (one && fs::path(s.output).extension() != ".h5" && scan_extension(s.output).empty())
    throw UsageError("--output {}: expected a name ending in .h5, {}", s.output,
                     join(scan_extensions));
  if (one && (s.probability || maps) && !scan_extension(s.output).empty() &&
      !scan_extension(s.output).starts_with(".nii"))
    throw UsageError("{} needs --output FILE.h5 or FILE.nii.gz, found {}",
                     maps ? "uncertainty" : "--probability", s.output);
}

Outputs::Outputs(const LabelSettings& settings, const RunContext& run, Maker maker)
    : s_(settings), run_(run), maker_(std::move(maker)) {}

std::vector<std::string> Outputs::Target::files() const {
  std::vector<std::string> all{label};
  for (const auto& [kind, file] : maps) all.push_back(file);
  return all;
}

Outputs::Target Outputs::target_of(const intake::ListedCase& listed) const {
  Target target;
  target.id = listed.files.id;
  target.label = s_.output;
  if (target.label.empty())
    target.label =
        (fs::path(s_.output_dir) / (target.id + (s_.nifti ? ".nii.gz" : ".h5"))).string();
  const auto extension = scan_extension(target.label);
  if (extension.empty()) return target;
  if (s_.probability) target.maps.emplace_back("prob", map_name(target.label, extension, "prob"));
  for (const auto& map : maker_.maps)
    target.maps.emplace_back(map, map_name(target.label, extension, map));
  return target;
}

std::string Outputs::key_of(const intake::ListedCase& listed) const {
  std::string text = fmt::format("{}\n{}\n{} {} {} {} {}\n{}\n", run_.provenance.version,
                                 join(maker_.model_ids), s_.probability, fmt::join(s_.window, " "),
                                 s_.overlap, s_.weights, s_.tensor.precision, join(s_.channels));
  if (!s_.available.empty()) text += "available " + join(s_.available) + "\n";
  if (s_.annotate != "none") text += "annotate " + s_.annotate + "\n";
  text += maker_.settings;
  text += intake::reading_of(listed.files);
  for (const auto& file : intake::input_files(listed)) text += content_of(file) + "\n";
  return sha256(text);
}

std::string Outputs::identity_of(const Target& target) const {
  if (target.maps.empty()) return verified_content_of(target.label);
  std::string all;
  for (const auto& file : target.files()) all += verified_content_of(file);
  return sha256(all);
}

void Outputs::claim(const intake::ListedCase& first) {
  if (!s_.output.empty()) {
    const auto files = targets_.front().files();
    refuse_inputs_as_outputs(intake::input_files(first), files);
    refuse_inputs_as_outputs(s_.models, files);
    return run_.claims->files(files);
  }
  const bool own = run_.claims->folder(s_.output_dir);
  may_replace_ = own || run_.claims->force();
  for (const char* list : {"predictions.csv", "cases.tsv"})
    io::refuse_existing((fs::path(s_.output_dir) / list).string(), may_replace_);
  journal_.emplace((fs::path(s_.output_dir) / (maker_.program + ".journal")).string());
}

bool Outputs::made_before(size_t i, const intake::ListedCase& listed) {
  const auto& target = targets_[i];
  const auto files = target.files();
  if (!journal_ || !std::all_of(files.begin(), files.end(), path_exists)) return false;
  const auto content = journal_->finished(target.id, key_of(listed));
  if (!content) return false;
  try {
    if (*content != identity_of(target)) return false;
  } catch (const DataError& e) {
    log::warning("{}; made again", e.what());
    return false;
  }
  identities_[i] = *content;
  return true;
}

void Outputs::plan(const std::vector<intake::ListedCase>& cases) {
  for (const auto& listed : cases) targets_.push_back(target_of(listed));
  claim(cases.front());
  finished_.assign(cases.size(), false);
  identities_.resize(cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    throw_if_stopped();
    finished_[i] = made_before(i, cases[i]);
    if (!finished_[i] && journal_)
      for (const auto& file : targets_[i].files()) io::refuse_existing(file, may_replace_);
  }
  run_.claims->begin();
}

int64_t Outputs::kept() const { return std::count(finished_.begin(), finished_.end(), true); }

std::string Outputs::write(size_t i, const intake::ListedCase& listed, const Made& made,
                           const Provenance& provenance) {
  const auto& target = targets_[i];
  const auto* prediction = std::get_if<io::Prediction>(&made);
  if (!prediction && !scan_extension(target.label).empty()) {
    intake::write_image_scan(target.label, std::get<Volume>(made));
    identities_[i] = identity_of(target);
  } else if (!prediction) {
    identities_[i] =
        io::write_volume(target.label, std::get<Volume>(made), provenance, {.force = true});
  } else if (scan_extension(target.label).empty()) {
    identities_[i] = io::write_prediction(target.label, *prediction, provenance, {.force = true});
  } else {
    for (const auto& [map, file] : target.maps) write_map(map, file, *prediction);
    intake::write_label_scan(target.label, *prediction);
    identities_[i] = identity_of(target);
  }
  if (journal_) journal_->add(target.id, key_of(listed), identities_[i]);
  return identities_[i];
}

std::string Outputs::finish() {
  if (s_.output.empty()) {
    io::Table made;
    made.columns = {"case", "file", "sha256"};
    for (size_t i = 0; i < targets_.size(); ++i)
      made.rows.push_back(
          {targets_[i].id, fs::path(targets_[i].label).filename().string(), identities_[i]});
    io::write_table((fs::path(s_.output_dir) / "predictions.csv").string(), made, true);
  }
  return close();
}

std::string Outputs::finish(const cohort::Sheet& volumes) {
  if (s_.output.empty())
    cohort::write_sheet((fs::path(s_.output_dir) / "cases.tsv").string(), volumes, true);
  return close();
}

std::string Outputs::close() {
  if (journal_) journal_->remove();
  std::string all;
  for (size_t i = 0; i < targets_.size(); ++i) all += targets_[i].id + " " + identities_[i] + "\n";
  return sha256(all);
}

}  // namespace kdseg::labeling

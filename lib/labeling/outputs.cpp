#include "labeling/outputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "intake/intake.h"
#include "io/atomic_file.h"
#include "io/table.h"
#include "io/tree.h"

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
std::string probability_name(const std::string& label, const std::string& extension) {
  return label.substr(0, label.size() - extension.size()) + "_prob" + extension;
}

std::string content_of(const std::string& file) {
  return io::schema_of(file).empty() ? io::sha256_of_file(file) : io::stored_content_sha256(file);
}

std::string hash_text(const std::string& text) {
  return io::sha256(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

void check_output_options(const LabelSettings& s) {
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
  if (one && s.probability && !scan_extension(s.output).empty() &&
      !scan_extension(s.output).starts_with(".nii"))
    throw UsageError("--probability needs --output FILE.h5 or FILE.nii.gz, found {}", s.output);
}

Outputs::Outputs(const LabelSettings& settings, const LabelRun& run,
                 std::vector<std::string> model_ids)
    : s_(settings), run_(run), model_ids_(std::move(model_ids)) {}

Outputs::Target Outputs::target_of(const intake::ListedCase& listed) const {
  Target target;
  target.id = listed.files.id;
  target.label = s_.output;
  if (target.label.empty())
    target.label =
        (fs::path(s_.output_dir) / (target.id + (s_.nifti ? ".nii.gz" : ".h5"))).string();
  const auto extension = scan_extension(target.label);
  if (s_.probability && !extension.empty())
    target.probability = probability_name(target.label, extension);
  return target;
}

/// Everything the prediction depends on.
std::string Outputs::key_of(const intake::ListedCase& listed) const {
  std::string text = fmt::format("{}\n{}\n{} {} {} {} {}\n{}\n", run_.provenance.version,
                                 join(model_ids_), s_.probability, fmt::join(s_.window, " "),
                                 s_.overlap, s_.weights, s_.tensor.precision, join(s_.channels));
  for (const auto& [channel, file] : listed.files.images) text += channel + "\n";
  for (const auto& file : intake::input_files(listed)) text += content_of(file) + "\n";
  return hash_text(text);
}

std::string Outputs::identity_of(const Target& target) const {
  if (target.probability.empty()) return content_of(target.label);
  return hash_text(content_of(target.label) + content_of(target.probability));
}

void Outputs::plan(const std::vector<intake::ListedCase>& cases) {
  const std::string folder =
      s_.output.empty() ? s_.output_dir : fs::path(s_.output).parent_path().string();
  if (s_.output.empty()) journal_.emplace((fs::path(folder) / "ensemble-label.journal").string());
  finished_.assign(cases.size(), false);
  identities_.resize(cases.size());
  for (size_t i = 0; i < cases.size(); ++i) {
    targets_.push_back(target_of(cases[i]));
    const auto& target = targets_[i];
    std::vector<std::string> files{target.label};
    if (!target.probability.empty()) files.push_back(target.probability);
    const bool all = std::all_of(files.begin(), files.end(), [](auto& f) { return fs::exists(f); });
    if (journal_ && all) {
      const auto content = journal_->finished(target.id, key_of(cases[i]));
      finished_[i] = content && *content == identity_of(target);
      if (finished_[i]) identities_[i] = *content;
    }
    if (!finished_[i])
      for (const auto& file : files) io::refuse_existing(file, run_.force);
  }
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UsageError("{}: the folder cannot be made: {}", folder, error.message());
}

int64_t Outputs::kept() const { return std::count(finished_.begin(), finished_.end(), true); }

std::string Outputs::write(size_t i, const intake::ListedCase& listed,
                           const io::Prediction& prediction, const Provenance& provenance) {
  const auto& target = targets_[i];
  if (scan_extension(target.label).empty()) {
    io::write_prediction(target.label, prediction, provenance, {.force = true});
  } else {
    if (!target.probability.empty()) intake::write_probability_scan(target.probability, prediction);
    intake::write_label_scan(target.label, prediction);
  }
  identities_[i] = identity_of(target);
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
  if (journal_) journal_->remove();
  std::string all;
  for (size_t i = 0; i < targets_.size(); ++i) all += targets_[i].id + " " + identities_[i] + "\n";
  return hash_text(all);
}

}  // namespace kdseg::labeling

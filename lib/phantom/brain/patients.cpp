#include "phantom/brain/patients.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "io/atomic_file.h"
#include "phantom/brain/case_files.h"
#include "phantom/brain/gates.h"
#include "phantom/cohort.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;

constexpr const char* training_folder = "MICCAI_BraTS_2018_Data_Training";

Grid grid_of(const CohortSettings& s) {
  Grid grid = grid_of_size(s.size);
  if (s.grid.empty() && s.spacing_mm == 0) return grid;
  const std::vector<int64_t> voxels =
      s.grid.empty() ? std::vector<int64_t>(grid.size.begin(), grid.size.end()) : s.grid;
  return phantom::grid_of(voxels, s.spacing_mm == 0 ? grid.spacing_mm[0] : s.spacing_mm);
}

class BrainPatients : public Patients {
 public:
  explicit BrainPatients(const CohortSettings& settings)
      : settings_(settings),
        plants_(parse_plants(brain_faults(), settings.plant, settings.cases)),
        grid_(grid_of(settings)),
        head_(settings.atlas_t1.empty() ? analytic_head()
                                        : atlas_head(settings.atlas_t1, settings.atlas_centers)),
        head_scale_(grid_.spacing_mm[0] / frame_for(grid_, *head_).voxel_mm),
        statistics_(static_cast<size_t>(settings.cases)) {
    if (head_scale_ < 1)
      log::info("the grid is smaller than a head: heads and tumors are shrunk to {:.2f}",
                head_scale_);
  }

  int64_t count() const override { return settings_.cases; }

  void describe(Json& json) const override {
    json["grid"] = {{"size", grid_.size}, {"spacing_mm", grid_.spacing_mm}};
    json["head_scale"] = head_scale_;
    if (settings_.atlas_t1.empty()) {
      json["head"] = "analytic";
    } else {
      json["head"] = {{"atlas_sha256", io::sha256_of_file(settings_.atlas_t1)},
                      {"centers", settings_.atlas_centers}};
    }
    json["planted"] = settings_.plant;
    json["knobs"] = knobs_json(settings_.brain);
  }

  WrittenCase write(int64_t index) override {
    const CasePlace place = place_of(index);
    CaseStatistics& statistics = statistics_[static_cast<size_t>(index)];
    if (!reuse(place, index)) {
      const auto id = static_cast<uint64_t>(index);
      const BrainCase made =
          make_brain_case(*head_, grid_, settings_.brain, settings_.seed, id, options_of(place));
      statistics = statistics_of(made.scans, made.label, grid_, is_high(index));
      write_case(place, grid_, made,
                 fmt::format("SYNTHETIC kdseg phantom {} seed {} case {}", generator_version,
                             settings_.seed, index + 1));
    }
    Json entry{{"id", place.id},
               {"grade", statistics.high_grade ? "HGG" : "LGG"},
               {"labelled", place.labelled},
               {"volume_ml",
                {{"1", statistics.volume_ml[0]},
                 {"2", statistics.volume_ml[1]},
                 {"4", statistics.volume_ml[2]}}}};
    if (!place.planted.empty()) entry["planted"] = place.planted;
    return {entry, files_of(place)};
  }

  std::vector<Gate> gates() const override {
    return evaluate_gates(statistics_, settings_.brain, head_scale_ >= 1);
  }

  std::vector<std::string> folders() const override { return {"HGG", "LGG", training_folder}; }

  /// Folders that carry this generator's site code.
  void remove_cases(const fs::path& root) const override {
    for (const fs::path& base : {root, root / training_folder / training_folder})
      for (const char* grade : {"HGG", "LGG"}) {
        if (!fs::is_directory(base / grade)) continue;
        std::vector<fs::path> ours;
        for (const auto& entry : fs::directory_iterator(base / grade))
          if (entry.is_directory() &&
              entry.path().filename().string().find("18_SYN01_") != std::string::npos)
            ours.push_back(entry.path());
        for (const auto& folder : ours) fs::remove_all(folder);
        if (fs::is_empty(base / grade)) fs::remove(base / grade);
      }
    for (const fs::path& folder :
         {root / training_folder / training_folder, root / training_folder})
      if (fs::is_directory(folder) && fs::is_empty(folder)) fs::remove(folder);
  }

 private:
  bool is_high(int64_t index) const {
    return is_high_grade(settings_.brain, settings_.seed, static_cast<uint64_t>(index));
  }

  CasePlace place_of(int64_t index) const {
    CasePlace place;
    place.root = settings_.output_dir;
    place.id = case_id(index, plants_.has(index, "prefix-case"));
    place.labelled = index < settings_.cases - settings_.unlabelled;
    place.planted = plants_.of(index);
    place.folder = fs::path(is_high(index) ? "HGG" : "LGG") / place.id;
    if (plants_.cohort_has("double-folder"))
      place.folder = fs::path(training_folder) / training_folder / place.folder;
    return place;
  }

  CaseOptions options_of(const CasePlace& place) const {
    CaseOptions options;
    options.without_enhancement = place.has("missing-et");
    // 6 mm as seen in real cohorts, and enough to blur a coarse grid as well.
    if (place.has("blurred-sequence"))
      options.thickness_mm[t2] = std::max(6.0, 3 * grid_.spacing_mm[2]);
    return options;
  }

  /// Takes the statistics of a case that is there whole.
  bool reuse(const CasePlace& place, int64_t index) {
    if (!place.labelled || !place.planted.empty() || !fs::exists(place.root / place.folder))
      return false;
    try {
      const BrainCase found = read_case(place, grid_);
      statistics_[static_cast<size_t>(index)] =
          statistics_of(found.scans, found.label, grid_, is_high(index));
      return true;
    } catch (const DataError& error) {
      log::warning("made again: {}", error.what());
      return false;
    }
  }

  CohortSettings settings_;
  Plants plants_;
  Grid grid_;
  std::unique_ptr<Head> head_;
  double head_scale_;
  std::vector<CaseStatistics> statistics_;
};

}  // namespace

const std::vector<FaultKind>& brain_faults() {
  static const std::vector<FaultKind> kinds{
      {"odd-seg-name", "the segmentation is called W39_1998.09.19_Segm.nii", false},
      {"two-seg-candidates", "no file ends in _seg and two others could be it", false},
      {"plain-nii", "all files of the case are .nii, not .nii.gz", false},
      {"prefix-case", "the case and its files start with BraTS18 instead of Brats18", false},
      {"header-mismatch", "FLAIR has its x and y axes reversed in the header only", false},
      {"negative-voxels", "about 0.2 % of the brain's voxels are negative on T1", false},
      {"extreme-maximum", "one voxel of T1ce has the intensity 15462", false},
      {"blurred-sequence", "T2 was acquired with slices several voxels thick", false},
      {"missing-et", "no voxel enhances", false},
      {"double-folder", "the cohort lies in a folder inside a folder of the same name", true},
  };
  return kinds;
}

std::vector<std::string> brain_settings(const CohortSettings& settings) {
  auto names = changed(settings.brain);
  if (!settings.atlas_t1.empty()) names.emplace_back("atlas-t1");
  if (settings.atlas_centers != CohortSettings{}.atlas_centers) names.emplace_back("atlas-centers");
  return names;
}

std::unique_ptr<Patients> brain_patients(const CohortSettings& settings) {
  check(settings.brain);
  return std::make_unique<BrainPatients>(settings);
}

}  // namespace kdseg::phantom

#include "phantom/heart/patients.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/folder.h"
#include "base/log.h"
#include "image/scan.h"
#include "phantom/cohort.h"
#include "phantom/heart/gates.h"
#include "phantom/heart/scanner.h"
#include "voxels/chain.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 2> modalities{"ct", "mr"};
constexpr int64_t most_cases = 999;  // ids are 1001 to 1999 in training, 2001 to 2999 in test sets
constexpr int code_of_odd_left_atrium = 421, unknown_code = 999;
constexpr uint8_t odd_left_atrium = structures;  // beside the names of Structure

/// One scan to make: who it is of, and where it goes.
struct Slot {
  std::string modality;
  uint64_t index = 0;  ///< of the heart among those of its modality
  bool labelled = true;
};

/// The grid and the frame of one case.
struct Place {
  Grid grid;
  Frame frame;
  bool natural = true;
};

int64_t voxels_over(double extent_mm, double spacing_mm, int64_t least, int64_t most) {
  return std::clamp(static_cast<int64_t>(std::ceil(extent_mm / spacing_mm - 1e-9)), least, most);
}

/// Voxel sizes and numbers of the training sets of MM-WHS 2017; slices are as many as show an
/// upright heart.
void draw_full_size(Grid& grid, const std::string& modality, Random& random) {
  const bool ct = modality == "ct";
  const double plane = ct ? random.uniform(0.36, 0.59) : random.uniform(0.78, 1.21);
  const double slice = ct ? random.uniform(0.58, 0.625) : random.uniform(1.05, 1.6);
  grid.spacing_mm = {plane, plane, slice};
  const int64_t columns = ct ? 512 : voxels_over(310, plane, 256, 512);
  grid.size = {columns, columns, voxels_over(heart_view_mm[2], slice, 112, ct ? 363 : 200)};
}

Grid drawn_grid(const CohortSettings& s, const std::string& modality, uint64_t index) {
  Random random(s.seed, index, modality + "-grid");
  Grid grid;
  if (s.size == "full" && s.spacing_mm == 0 && s.grid.empty()) {
    draw_full_size(grid, modality, random);
  } else {
    const double drawn = s.size == "tiny" ? 4 : s.size == "small" ? random.uniform(1.5, 2) : 1;
    const double spacing = s.spacing_mm > 0 ? s.spacing_mm : drawn;
    grid.spacing_mm = {spacing, spacing, spacing};
    for (int a = 0; a < 3; ++a)
      grid.size[a] = s.grid.empty() ? voxels_over(heart_view_mm[a], spacing, 16, 512) : s.grid[a];
  }
  for (int a = 0; a < 3; ++a)
    grid.origin_mm[a] = -0.5 * static_cast<double>(grid.size[a] - 1) * grid.spacing_mm[a];
  return grid;
}

Place place_on(const Grid& grid) {
  double shrink = 1;
  for (int a = 0; a < 3; ++a)
    shrink = std::min(
        shrink, static_cast<double>(grid.size[a]) * grid.spacing_mm[a] / (0.97 * heart_view_mm[a]));
  Place place{grid, {grid.size, grid.spacing_mm[0] / shrink, {1, 1, 1}}, shrink >= 1};
  for (int a = 0; a < 3; ++a) place.frame.ratio[a] = grid.spacing_mm[a] / grid.spacing_mm[0];
  return place;
}

/// Stored axes other than left, back and up: transverse, coronal or sagittal slices, axes reversed
/// at random; never the identity.
Reorient drawn_turn(Random& random) {
  static constexpr std::array<std::array<int, 3>, 3> orders{{{0, 1, 2}, {0, 2, 1}, {1, 2, 0}}};
  Reorient turn;
  do {
    turn.axis = orders[random.below(orders.size())];
    for (bool& flip : turn.flip) flip = random.uniform() < 0.5;
  } while (turn == Reorient{});
  return turn;
}

class HeartPatients : public Patients {
 public:
  explicit HeartPatients(const CohortSettings& settings) : s_(settings), k_(settings.heart) {
    for (const std::string modality : modalities)
      if (k_.modality == "both" || k_.modality == modality)
        for (int64_t i = 0; i < s_.cases; ++i)
          slots_.push_back({modality, static_cast<uint64_t>(i), i < s_.cases - s_.unlabelled});
    plants_ = parse_plants(heart_faults(), s_.plant, count());
    statistics_.resize(slots_.size());
    for (const auto& slot : slots_) natural_ &= place_of(slot).natural;
    if (!natural_) log::info("the grid is smaller than a heart's surroundings: hearts are shrunk");
  }

  int64_t count() const override { return static_cast<int64_t>(slots_.size()); }

  void describe(Json& json) const override {
    json["grid"] = {{"size", s_.size}, {"voxels", s_.grid}, {"spacing_mm", s_.spacing_mm}};
    json["natural_size"] = natural_;
    json["planted"] = s_.plant;
    json["knobs"] = knobs_json(k_);
  }

  WrittenCase write(int64_t number) override {
    const Slot& slot = slots_[static_cast<size_t>(number)];
    const Place place = place_of(slot);
    HeartStatistics& statistics = statistics_[static_cast<size_t>(number)];
    const bool as_drawn = !is_turned(slot) && !is_421(slot) && plants_.of(number).empty() &&
                          labels_of(slot.modality) == "true" && slot.labelled;
    if (!as_drawn || !reuse(number, place.grid, statistics)) make(number, place, statistics);

    Json entry{{"id", id_of(slot)}, {"modality", slot.modality}, {"labelled", slot.labelled}};
    for (size_t k = myo; k < structures; ++k)
      entry["volume_ml"][std::to_string(structure_codes[k])] = statistics.volume_ml[k];
    if (is_turned(slot)) entry["turned"] = true;
    if (is_421(slot)) entry["code_421"] = true;
    if (!plants_.of(number).empty()) entry["planted"] = plants_.of(number);
    std::vector<fs::path> files{file_of(number, "image")};
    if (slot.labelled) files.push_back(file_of(number, "label"));
    return {entry, describe_files(s_.output_dir, files)};
  }

  std::vector<Gate> gates() const override { return heart_gates(statistics_, k_, natural_); }

  std::vector<std::string> folders() const override {
    return {"ct_train", "ct_test", "mr_train", "mr_test", "train", "test"};
  }

  void remove_cases(const fs::path& root) const override {
    for (const auto& name : folders()) {
      if (!fs::is_directory(root / name)) continue;
      for (const auto& path : visible_entries(root / name)) {
        const std::string file = path.filename().string();
        const bool ours = file.starts_with("ct_train_1") || file.starts_with("mr_train_1") ||
                          file.starts_with("ct_test_2") || file.starts_with("mr_test_2");
        if (ours && file.find(".nii") != std::string::npos) fs::remove(path);
      }
      if (fs::is_empty(root / name)) fs::remove(root / name);
    }
  }

 private:
  Place place_of(const Slot& slot) const {
    return place_on(drawn_grid(s_, slot.modality, slot.index));
  }

  const std::string& labels_of(const std::string& modality) const {
    return modality == "ct" ? k_.ct_labels : k_.mr_labels;
  }

  bool looks_like_ct(const Slot& slot) const {
    return (k_.appearance == "own" ? slot.modality : k_.appearance) == "ct";
  }

  bool is_turned(const Slot& slot) const {
    const int64_t every = slot.modality == "ct" ? k_.ct_turned : k_.mr_turned;
    return every > 0 && (static_cast<int64_t>(slot.index) + 1) % every == 0;
  }

  /// MM-WHS has it in mr_train_1010; of fewer cases it is the last ones.
  bool is_421(const Slot& slot) const {
    if (slot.modality != "mr" || !slot.labelled || k_.code_421 == 0) return false;
    const int64_t labelled = s_.cases - s_.unlabelled;
    const int64_t first = std::max<int64_t>(0, std::min<int64_t>(9, labelled - k_.code_421));
    const auto index = static_cast<int64_t>(slot.index);
    return index >= first && index < first + k_.code_421;
  }

  std::string id_of(const Slot& slot) const {
    const auto index = static_cast<int64_t>(slot.index);
    return slot.labelled ? fmt::format("{}_train_{}", slot.modality, 1001 + index)
                         : fmt::format("{}_test_{}", slot.modality,
                                       2001 + index - (s_.cases - s_.unlabelled));
  }

  fs::path file_of(int64_t number, const char* what) const {
    const Slot& slot = slots_[static_cast<size_t>(number)];
    const std::string set = slot.labelled ? "train" : "test";
    const std::string folder = plants_.cohort_has("one-folder") ? set : slot.modality + "_" + set;
    return fs::path(s_.output_dir) / folder /
           (id_of(slot) + "_" + what + (plants_.has(number, "plain-nii") ? ".nii" : ".nii.gz"));
  }

  Heart heart_of(const std::string& modality, uint64_t index, const Frame& frame) const {
    return make_heart(plan_heart(k_, s_.seed, index, modality), frame, k_, s_.seed, index,
                      modality);
  }

  void make(int64_t number, const Place& place, HeartStatistics& statistics) const {
    const Slot& slot = slots_[static_cast<size_t>(number)];
    const Heart heart = heart_of(slot.modality, slot.index, place.frame);
    const auto scan = looks_like_ct(slot)
                          ? scan_ct(heart, place.frame, k_, s_.seed, slot.index, slot.modality)
                          : scan_mr(heart, place.frame, k_, s_.seed, slot.index, slot.modality);
    statistics =
        heart_statistics(scan, heart.structure, place.grid.voxel_volume_ml(), looks_like_ct(slot));

    Image image{place.grid, {slot.modality}, {scan.begin(), scan.end()}};
    Labels label{place.grid, given_labels(slot, heart, place.frame)};
    if (is_421(slot)) {
      int64_t seen = 0;
      for (uint8_t& name : label.voxels)
        if (name == la && seen++ % 50 == 0) name = odd_left_atrium;
    }
    if (is_turned(slot)) {
      Random random(s_.seed, slot.index, slot.modality + "-turn");
      const Reorient turn = drawn_turn(random);
      image = voxels::apply(image, turn);
      label = voxels::apply(label, turn);
    }
    const std::string description =
        fmt::format("SYNTHETIC kdseg phantom {} seed {} {} {}", generator_version, s_.seed,
                    slot.modality, slot.index + 1);
    const fs::path image_file = file_of(number, "image");
    fs::create_directories(image_file.parent_path());
    if (slot.labelled) write_label(number, label, description);
    // The scan comes last: a label alone is no case.
    image::write_scan(image_file, image.grid, image.voxels.data(), {"int16", description});
  }

  /// The structures as the label file tells them, which need not be true.
  std::vector<uint8_t> given_labels(const Slot& slot, const Heart& heart,
                                    const Frame& frame) const {
    const std::string& rule = labels_of(slot.modality);
    if (rule == "other-case") {
      const uint64_t other = (slot.index + 1) % static_cast<uint64_t>(s_.cases);
      return heart_of(slot.modality, other, frame).structure;
    }
    if (rule == "true") return heart.structure;
    Random random(s_.seed, slot.index, slot.modality + "-permuted");
    std::vector<uint8_t> names{myo, la, lv, ra, rv, Structure::aorta, pulmonary};
    random.shuffle(names);
    std::vector<uint8_t> permuted = heart.structure;
    for (uint8_t& name : permuted)
      if (name != no_structure) name = names[name - 1];
    return permuted;
  }

  void write_label(int64_t number, const Labels& label, const std::string& description) const {
    std::vector<int> codes(label.voxels.size());
    std::transform(label.voxels.begin(), label.voxels.end(), codes.begin(), [](uint8_t name) {
      return name == odd_left_atrium ? code_of_odd_left_atrium : structure_codes[name];
    });
    if (plants_.has(number, "unknown-code"))
      *std::max_element(codes.begin(), codes.end()) = unknown_code;
    Grid grid = label.grid;
    if (plants_.has(number, "label-header")) {
      grid.origin_mm = {0, 0, 0};
      grid.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
    }
    image::write_codes(file_of(number, "label"), grid, codes, description);
  }

  /// Takes the statistics of a case that is there whole.
  bool reuse(int64_t number, const Grid& grid, HeartStatistics& statistics) const {
    const fs::path image_file = file_of(number, "image"), label_file = file_of(number, "label");
    if (!fs::exists(image_file) || !fs::exists(label_file)) return false;
    try {
      const auto image = image::read_scan(image_file), label = image::read_scan(label_file);
      if (!same_grid(image.image.grid, grid) || !same_grid(label.image.grid, grid))
        throw DataError("{}: expected the grid {}", image_file.string(), kdseg::describe(grid));
      std::vector<uint8_t> structure(label.image.voxels.size());
      for (size_t i = 0; i < structure.size(); ++i) {
        const auto code = std::find(structure_codes.begin(), structure_codes.end(),
                                    static_cast<int>(label.image.voxels[i]));
        if (code == structure_codes.end())
          throw DataError("{}: unknown code {}", label_file.string(), label.image.voxels[i]);
        structure[i] = static_cast<uint8_t>(code - structure_codes.begin());
      }
      const std::vector<int16_t> scan(image.image.voxels.begin(), image.image.voxels.end());
      statistics = heart_statistics(scan, structure, grid.voxel_volume_ml(),
                                    looks_like_ct(slots_[static_cast<size_t>(number)]));
      return true;
    } catch (const DataError& error) {
      log::warning("made again: {}", error.what());
      return false;
    }
  }

  CohortSettings s_;
  HeartKnobs k_;
  std::vector<Slot> slots_;
  Plants plants_;
  std::vector<HeartStatistics> statistics_;
  bool natural_ = true;
};

}  // namespace

const std::vector<FaultKind>& heart_faults() {
  static const std::vector<FaultKind> kinds{
      {"plain-nii", "the files of the case are .nii, not .nii.gz", false},
      {"label-header", "the label's header says another place and other axes than the image's",
       false},
      {"unknown-code", "one voxel of the label has the code 999", false},
      {"one-folder", "CT and MR cases lie in one folder, train", true},
  };
  return kinds;
}

std::vector<std::string> heart_settings(const CohortSettings& settings) {
  return changed(settings.heart);
}

std::unique_ptr<Patients> heart_patients(const CohortSettings& s) {
  check(s.heart);
  if (s.cases > most_cases)
    throw UsageError("cases: {} is outside 1..{} hearts per modality", s.cases, most_cases);
  if (s.size != "tiny" && s.size != "small" && s.size != "full")
    throw UsageError("size: unknown word '{}'; known: tiny, small, full", s.size);
  if (!s.grid.empty() && s.grid.size() != 3)
    throw UsageError("grid: expected three numbers of voxels, x y z, found {}", s.grid.size());
  for (int64_t n : s.grid)
    if (n < 16 || n > 512) throw UsageError("grid: {} voxels are outside 16..512", n);
  if (s.spacing_mm != 0 && !(s.spacing_mm >= 0.5 && s.spacing_mm <= 8))
    throw UsageError("spacing: {} mm is outside 0.5..8", s.spacing_mm);
  if ((s.heart.ct_labels == "other-case" || s.heart.mr_labels == "other-case") && s.cases < 2)
    throw UsageError("cases: {} case, but labels of other cases need two or more", s.cases);
  return std::make_unique<HeartPatients>(s);
}

}  // namespace kdseg::phantom

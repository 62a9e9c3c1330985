// Two tiny cases as files: source volumes, a sheet, predictions with probabilities.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "io/prediction_file.h"
#include "io/volume_file.h"
#include "unit/folder.h"
#include "voxels/chain.h"

namespace kdseg::scoring {

/// Names of files in it may hold folders, which are made.
struct Folder : test::Folder {
  std::string operator/(const std::string& name) const {
    const std::string file = test::Folder::operator/(name);
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    return file;
  }
};

/// The scan has 8x8x8 voxels of 1x1x2 mm, the volume is its flipped, cropped 5x5x5 part.
inline Chain chain() {
  Grid scan;
  scan.size = {8, 8, 8};
  scan.spacing_mm = {1, 1, 2};
  scan.origin_mm = {-3, 4, 5};
  return {scan, {Reorient{{0, 1, 2}, {true, true, false}}, Box{{1, 2, 3}, {5, 5, 5}}}};
}
inline ClassTable classes() { return {{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}}; }
inline std::vector<Region> regions() { return {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}}; }
inline size_t at(int x, int y, int z) { return static_cast<size_t>((z * 5 + y) * 5 + x); }

inline Volume make_volume(const std::string& id) {
  Volume v;
  v.chain = chain();
  v.data.id = id;
  v.data.stratum = "HGG";
  v.data.classes = classes();
  v.data.regions = regions();
  const Grid grid = voxels::grid_after(v.chain);
  v.data.image = {grid, {"flair"}, std::vector<float>(125, 1.0f)};
  v.data.label = Labels{grid, std::vector<uint8_t>(125)};
  return v;
}

inline io::Prediction make_prediction(const std::string& id) {
  io::Prediction p;
  p.case_id = id;
  p.chain = chain();
  p.classes = classes();
  p.regions = regions();
  p.head = {Head::Kind::softmax, classes().names, {{0}, {1}, {2}, {3}}, classes().codes};
  const Grid grid = voxels::grid_after(p.chain);
  p.label = {grid, std::vector<uint8_t>(125)};
  p.probability = Image{grid, classes().names, std::vector<float>(4 * 125)};
  for (size_t i = 0; i < 125; ++i) p.probability->voxels[i] = 1;
  return p;
}

inline void set_probability(io::Prediction& p, size_t voxel, std::array<float, 4> values) {
  for (size_t k = 0; k < 4; ++k) p.probability->channel(k)[voxel] = values[k];
}

/// Tumor core, case a: probabilities .95 and .3125 inside, .375 outside; case b: .5 inside, .6
/// outside.
inline Volume volume_a() {
  auto v = make_volume("a");
  v.data.label->voxels[at(1, 1, 1)] = 3;
  v.data.label->voxels[at(1, 1, 2)] = 1;
  v.data.label->voxels[at(2, 2, 2)] = 2;
  return v;
}
inline io::Prediction prediction_a() {
  auto p = make_prediction("a");
  p.label.voxels[at(1, 1, 1)] = 3;
  p.label.voxels[at(1, 1, 2)] = 2;
  p.label.voxels[at(2, 2, 2)] = 2;
  set_probability(p, at(1, 1, 1), {0.05f, 0.05f, 0, 0.9f});
  set_probability(p, at(1, 1, 2), {0.1f, 0.3125f, 0.5875f, 0});
  set_probability(p, at(2, 2, 2), {0.125f, 0.25f, 0.5f, 0.125f});
  return p;
}
inline Volume volume_b() {
  auto v = make_volume("b");
  v.data.label->voxels[at(4, 0, 3)] = 1;
  return v;
}
inline io::Prediction prediction_b() {
  auto p = make_prediction("b");
  set_probability(p, at(4, 0, 3), {0.5f, 0.5f, 0, 0});
  set_probability(p, at(0, 0, 0), {0.4f, 0.6f, 0, 0});
  p.label.voxels[at(0, 0, 0)] = 1;
  return p;
}

/// volumes/a.h5, volumes/b.h5, cases.tsv (a and b to be tested, c not) and predictions/a.h5, b.h5.
inline void write_cohort(const Folder& folder) {
  io::write_volume(folder / "volumes/a.h5", volume_a(), {});
  io::write_volume(folder / "volumes/b.h5", volume_b(), {});
  io::write_prediction(folder / "predictions/a.h5", prediction_a(), {});
  io::write_prediction(folder / "predictions/b.h5", prediction_b(), {});
  std::ofstream(folder / "volumes/cases.tsv") << "case\tfile\tstratum\tsplit\tfold\n"
                                              << "b\tb.h5\tHGG\ttest\t\n"
                                              << "a\ta.h5\tHGG\ttest\t\n"
                                              << "c\tc.h5\tHGG\ttrain\t\n";
}

}  // namespace kdseg::scoring

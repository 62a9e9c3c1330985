// Small cases, predictions and checkpoints with every field set.
#pragma once
#include "io/checkpoint_file.h"
#include "io/prediction_file.h"
#include "io/volume_file.h"

namespace kdseg::test {

inline Grid small_grid() {
  return {{4, 3, 2}, {1, 0.9375, 1.2}, {-90.5, 126.1, 1.0 / 3}, {1, 0, 0, 0, -1, 0, 0, 0, 1}};
}

inline Chain small_chain() {
  Grid scan = small_grid();
  scan.size = {5, 8, 6};
  Grid finer = small_grid();
  finer.spacing_mm = {0.5, 0.5, 0.5};
  return {scan,
          {Reorient{{0, 2, 1}, {false, true, false}}, Box{{-1, 2, 0}, {7, 4, 8}}, Resample{finer}}};
}

inline Volume small_volume() {
  Volume volume;
  auto& data = volume.data;
  data.id = "BraTS19_X";
  data.stratum = "HGG";
  data.image = {small_grid(), {"flair", "t1"}, {}};
  for (int i = 0; i < 48; ++i) data.image.voxels.push_back(0.1f * static_cast<float>(i));
  data.classes = {{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};
  data.regions = {{"WT", {1, 2, 4}}, {"ET", {4}}};
  data.label = Labels{small_grid(), std::vector<uint8_t>(24, 0)};
  data.label->voxels[5] = 3;
  data.brain = Labels{small_grid(), std::vector<uint8_t>(24, 1)};
  volume.chain = small_chain();
  return volume;
}

inline Head small_head() {
  return {
      Head::Kind::softmax, {"background", "NCR", "ED", "ET"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
}

inline io::Prediction small_prediction() {
  io::Prediction p;
  p.case_id = "BraTS19_X";
  p.chain = small_chain();
  p.label = *small_volume().data.label;
  p.classes = small_volume().data.classes;
  p.regions = small_volume().data.regions;
  p.head = small_head();
  p.probability = Image{small_grid(), p.head.names, std::vector<float>(96, 0.25f)};
  p.uncertainty = Image{small_grid(), {"WT", "ET"}, std::vector<float>(48, 12.5f)};
  p.maps["mutual-information"] = Image{small_grid(), {"WT", "ET"}, std::vector<float>(48, 3.5f)};
  p.checkpoint_ids = {"aa", "bb"};
  return p;
}

inline io::NetworkRecord small_network() {
  io::NetworkRecord record;
  record.network = {"network", "had-net-unet", "", {{"dropout", "0.2", ""}, {"width", "8", ""}}};
  const std::vector<float> weight{1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> count{7};
  record.parameters = {
      {"conv.bias", io::make_array<float>({2}, std::span(weight).first(2))},
      {"conv.weight", io::make_array<float>({1, 2, 3}, std::span<const float>(weight))}};
  record.buffers = {{"seen", io::make_array<int64_t>({}, std::span<const int64_t>(count))}};
  return record;
}

inline io::Checkpoint small_checkpoint() {
  io::Checkpoint c;
  c.networks["network"] = small_network();
  c.contract.channels = {"flair", "t1", "t2"};
  c.contract.recipe_id = "0123456789abcdef";
  c.contract.recipe_ini = "crop = mask-box\nsize = 160 192 160\n";
  c.contract.head = small_head();
  c.contract.regions = {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}};
  c.contract.tiling = {Tiling::Kind::window, {64, 64, 32}, 0.25};
  c.metrics = {{"dice", 0.75}, {"epoch", 12}};
  c.trained_on = {"a", "b"};
  return c;
}

}  // namespace kdseg::test

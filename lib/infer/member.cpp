#include "infer/member.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "infer/predict.h"
#include "prepare/recipe.h"
#include "voxels/chain.h"

namespace kdseg::infer {
namespace {

void check_fit(const Contract& contract, const Volume& volume, const std::string& model) {
  const auto& found = volume.data.image.channels;
  const auto& expected = contract.channels;
  for (const auto& channel : expected)
    if (std::find(found.begin(), found.end(), channel) == found.end())
      throw DataError("case {}: {} channels ({}), {} expects {} ({})", volume.data.id, found.size(),
                      join(found, ","), model, expected.size(), join(expected, ","));
  const bool source = volume.recipe_id == "source" && !contract.recipe_ini.empty();
  if (!source && volume.recipe_id != contract.recipe_id)
    throw DataError("case {}: prepared by recipe {}, {} expects {}recipe {}", volume.data.id,
                    volume.recipe_id, model,
                    contract.recipe_ini.empty() ? "" : "source volumes or ", contract.recipe_id);
}

prepare::Recipe recipe_of(const Contract& contract, const std::string& model) {
  try {
    return prepare::Recipe::from_text(contract.recipe_ini);
  } catch (const UsageError& e) {
    throw DataError("{}: its recipe cannot be used: {}", model, e.what());
  }
}

Volume select_channels(const Volume& volume, const std::vector<std::string>& channels) {
  Volume chosen{{volume.data.id, volume.data.stratum, {}, {}, {}, {}, {}},
                volume.chain,
                volume.recipe_id,
                volume.recipe_ini};
  const Image& image = volume.data.image;
  chosen.data.image = {image.grid, channels, {}};
  for (const auto& channel : channels) {
    const auto at = std::find(image.channels.begin(), image.channels.end(), channel);
    const float* voxels = image.channel(static_cast<size_t>(at - image.channels.begin()));
    auto& out = chosen.data.image.voxels;
    out.insert(out.end(), voxels, voxels + image.grid.voxel_count());
  }
  return chosen;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// All `channels`, those that `few` lacks as images of 0.
Image with_empty_channels(const Image& few, const std::vector<std::string>& channels) {
  Image all{few.grid, channels, {}};
  const auto count = static_cast<size_t>(few.grid.voxel_count());
  for (const auto& name : channels) {
    const auto at = std::find(few.channels.begin(), few.channels.end(), name);
    if (at == few.channels.end()) {
      all.voxels.insert(all.voxels.end(), count, 0.0f);
      continue;
    }
    const float* voxels = few.channel(static_cast<size_t>(at - few.channels.begin()));
    all.voxels.insert(all.voxels.end(), voxels, voxels + count);
  }
  return all;
}

/// Channels of the network that are used: all that the volume has, or those chosen.
std::vector<std::string> used_channels(const Contract& contract, const Volume& volume,
                                       const std::string& name,
                                       const std::vector<std::string>& available) {
  const auto& found = volume.data.image.channels;
  std::vector<std::string> used, missing;
  for (const auto& channel : contract.channels) {
    if (!available.empty() && !holds(available, channel)) continue;
    (holds(found, channel) ? used : missing).push_back(channel);
  }
  if (used.empty() || (!available.empty() && !missing.empty()))
    throw DataError("case {}: channels ({}), {} expects {} of {}", volume.data.id, join(found, ","),
                    name, available.empty() ? "at least one" : join(available, ","),
                    join(contract.channels, ","));
  if (!missing.empty())
    log::warning("case {}: no {}; {} predicts from {}", volume.data.id, join(missing, ","), name,
                 join(used, ","));
  return used;
}

}  // namespace

Prepared prepared_for(const models::Model& model, const Volume& volume, const std::string& name,
                      const std::vector<std::string>& available) {
  if (!model.network->takes_subsets()) {
    if (!available.empty())
      throw UsageError("--available: the network of {}, {}, needs all of its channels", name,
                       model.section.name);
    return {prepared_for(model.contract, volume, name), {}};
  }
  Contract contract = model.contract;
  contract.channels = used_channels(model.contract, volume, name, available);
  const bool all = contract.channels == model.contract.channels;
  if (all && available.empty()) return {prepared_for(contract, volume, name), {}};
  std::vector<std::string> kept;  // also what only the recipe looks at
  for (const auto& channel : volume.data.image.channels)
    if (available.empty() || holds(available, channel)) kept.push_back(channel);
  Prepared made{prepared_for(contract, select_channels(volume, kept), name), {}};
  made.volume.data.image = with_empty_channels(made.volume.data.image, model.contract.channels);
  std::vector<float> present;
  for (const auto& channel : model.contract.channels)
    present.push_back(holds(contract.channels, channel) ? 1.0f : 0.0f);
  made.present = at::tensor(present).unsqueeze(0);
  return made;
}

Volume prepared_for(const Contract& contract, const Volume& volume, const std::string& model) {
  check_fit(contract, volume, model);
  if (volume.recipe_id == contract.recipe_id) return select_channels(volume, contract.channels);
  return recipe_of(contract, model).apply(volume, contract.channels);
}

bool minimum_outside(const Contract& contract, const std::string& model) {
  return !contract.recipe_ini.empty() && recipe_of(contract, model).minimum_outside();
}

at::Tensor as_tensor(const Image& image) {
  const auto& size = image.grid.size;
  return at::from_blob(const_cast<float*>(image.voxels.data()),
                       {1, static_cast<int64_t>(image.channels.size()), size[2], size[1], size[0]},
                       at::TensorOptions().dtype(at::kFloat));
}

Image restored(const at::Tensor& maps, std::vector<std::string> names,
               const std::vector<float>& outside, const Volume& prepared, const Volume& volume,
               const std::string& model) {
  const at::Tensor values = maps.to(at::kCPU).contiguous();
  if (!at::isfinite(values).all().item<bool>())
    throw RunError("case {}: {} gives values that are not finite", volume.data.id, model);
  Image image{prepared.data.image.grid, std::move(names), {}};
  const float* first = values.const_data_ptr<float>();
  image.voxels.assign(first, first + values.numel());
  return voxels::restore(prepared.chain, image, outside, volume.chain.steps.size());
}

std::vector<float> certain_background(const Head& head) {
  std::vector<float> outside(head.names.size(), 0.0f);
  if (head.kind == Head::Kind::softmax) outside[0] = 1.0f;
  return outside;
}

io::Prediction empty_prediction(const Contract& contract, const Volume& volume) {
  io::Prediction prediction;
  prediction.case_id = volume.data.id;
  prediction.chain = volume.chain;
  prediction.classes = classes_of(contract.head, volume.data.classes);
  prediction.regions = contract.regions.empty() ? volume.data.regions : contract.regions;
  prediction.head = contract.head;
  return prediction;
}

Labels decoded(const Image& probability, const Head& head) {
  const at::Tensor label = decode(as_tensor(probability), head).to(at::kByte).contiguous();
  const uint8_t* classes = label.const_data_ptr<uint8_t>();
  return {probability.grid, {classes, classes + label.numel()}};
}

}  // namespace kdseg::infer

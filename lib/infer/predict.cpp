#include "infer/predict.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/max.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "infer/memory.h"
#include "prepare/recipe.h"
#include "tensor/device.h"
#include "voxels/chain.h"

namespace kdseg::infer {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

/// Padding of the last axes of a tensor to wanted lengths, half of it on either side.
struct Padding {
  std::vector<int64_t> before, length;  ///< per spatial axis, first to last

  Padding(const at::Tensor& image, const std::vector<int64_t>& wanted) {
    const auto first = image.dim() - static_cast<int64_t>(wanted.size());
    for (size_t a = 0; a < wanted.size(); ++a) {
      length.push_back(image.size(first + static_cast<int64_t>(a)));
      before.push_back((wanted[a] - length[a]) / 2);
    }
  }

  static at::Tensor add(const at::Tensor& image, const std::vector<int64_t>& wanted) {
    const Padding padding(image, wanted);
    std::vector<int64_t> sides;  // last axis first
    bool needed = false;
    for (size_t a = wanted.size(); a-- > 0;) {
      sides.push_back(padding.before[a]);
      sides.push_back(wanted[a] - padding.length[a] - padding.before[a]);
      needed = needed || wanted[a] != padding.length[a];
    }
    return needed ? at::constant_pad_nd(image, sides, 0) : image;
  }

  at::Tensor cut(at::Tensor padded) const {
    const auto first = padded.dim() - static_cast<int64_t>(length.size());
    for (size_t a = 0; a < length.size(); ++a)
      padded = padded.narrow(first + static_cast<int64_t>(a), before[a], length[a]);
    return padded;
  }
};

/// One pass over an image [N, C, spatial...] of any size.
at::Tensor pass(models::Network& network, const Head& head, const at::Tensor& image,
                at::ScalarType compute) {
  std::vector<int64_t> wanted;
  for (int64_t a = 2; a < image.dim(); ++a)
    wanted.push_back(padded_length(image.size(a), network.size_multiple(), network.minimum_size()));
  tensor::Input input;
  input.image = Padding::add(image, wanted);
  at::Tensor logits;
  {
    const tensor::Autocast autocast(image.device(), compute);
    logits = network.forward(input).logits;
  }
  logits = logits.to(at::kFloat);
  const at::Tensor probability =
      head.kind == Head::Kind::softmax ? at::softmax(logits, 1) : at::sigmoid(logits);
  return Padding(image, wanted).cut(probability);
}

at::Tensor profile_along(int64_t axis, int64_t window, WindowWeights weights, at::Device device) {
  const auto profile = window_profile(window, weights);
  std::vector<int64_t> shape(5, 1);
  shape[static_cast<size_t>(axis)] = window;
  return at::tensor(profile).view(shape).to(device);
}

at::Tensor windows(models::Network& network, const Head& head, const Tiling& tiling,
                   const at::Tensor& image, at::ScalarType compute, WindowWeights weights) {
  const std::vector<int64_t> window{tiling.size[2], tiling.size[1], tiling.size[0]};
  std::vector<int64_t> extent;
  for (int64_t a = 0; a < 3; ++a) {
    if (window[static_cast<size_t>(a)] < 1) throw UsageError("tiling: a window without a size");
    extent.push_back(std::max(image.size(2 + a), window[static_cast<size_t>(a)]));
  }
  const at::Tensor padded = Padding::add(image, extent);
  at::Tensor weight = profile_along(2, window[0], weights, image.device());
  weight = weight * profile_along(3, window[1], weights, image.device());
  weight = weight * profile_along(4, window[2], weights, image.device());

  const auto place = [&](const at::Tensor& whole, int64_t z, int64_t y, int64_t x) {
    return whole.narrow(2, z, window[0]).narrow(3, y, window[1]).narrow(4, x, window[2]);
  };
  at::Tensor sum = at::zeros({image.size(0), head.channels(), extent[0], extent[1], extent[2]},
                             image.options().dtype(at::kFloat));
  at::Tensor total = at::zeros({1, 1, extent[0], extent[1], extent[2]}, sum.options());
  for (const int64_t z : window_starts(extent[0], window[0], tiling.overlap))
    for (const int64_t y : window_starts(extent[1], window[1], tiling.overlap))
      for (const int64_t x : window_starts(extent[2], window[2], tiling.overlap)) {
        const at::Tensor part = pass(network, head, place(padded, z, y, x).contiguous(), compute);
        place(sum, z, y, x).add_(part * weight);
        place(total, z, y, x).add_(weight);
      }
  return Padding(image, extent).cut(sum.div_(total));
}

at::Tensor slices(models::Network& network, const Head& head, const at::Tensor& image,
                  at::ScalarType compute) {
  constexpr int64_t at_once = 16;
  const int64_t n = image.size(0), depth = image.size(2);
  const at::Tensor stack = image.transpose(1, 2).flatten(0, 1);  // [N * D, C, H, W]
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < stack.size(0); i += at_once)
    parts.push_back(pass(network, head,
                         stack.narrow(0, i, std::min(at_once, stack.size(0) - i)).contiguous(),
                         compute));
  return at::cat(parts).unflatten(0, {n, depth}).transpose(1, 2);
}

void check_memory(models::Network& network, const at::Tensor& image, double limit_gib) {
  std::array<int64_t, 3> size{};
  for (size_t a = 0; a < 3; ++a)
    size[a] = padded_length(image.size(4 - static_cast<int64_t>(a)), network.size_multiple(),
                            network.minimum_size());
  const double needed = forward_peak_bytes(network, image.size(1), size, image.device()) *
                        static_cast<double>(image.size(0)) / gib;
  if (needed > limit_gib)
    throw RunError(
        "a whole volume of {}x{}x{} voxels needs about {:.1f} GiB, --memory-limit is {:g}; lay "
        "smaller windows with --window",
        size[0], size[1], size[2], needed, limit_gib);
}

/// The class a region adds to the smaller regions within it; 0 when it adds none.
int own_class(const Head& head, size_t region) {
  const auto& list = head.classes_of[region];
  std::set<int> own(list.begin(), list.end());
  for (const auto& other : head.classes_of) {
    const bool within =
        other.size() < list.size() && std::all_of(other.begin(), other.end(), [&](int c) {
          return std::find(list.begin(), list.end(), c) != list.end();
        });
    if (within)
      for (const int c : other) own.erase(c);
  }
  if (!own.empty()) return *own.begin();
  return list.empty() ? 0 : *std::min_element(list.begin(), list.end());
}

at::Tensor decode_regions(const at::Tensor& probability, const Head& head) {
  std::map<size_t, std::vector<int64_t>, std::greater<>> by_size;
  for (size_t k = 0; k < head.classes_of.size(); ++k)
    by_size[head.classes_of[k].size()].push_back(static_cast<int64_t>(k));
  at::Tensor label = at::zeros_like(probability.select(1, 0), at::kLong);
  for (const auto& [size, regions] : by_size) {
    std::vector<at::Tensor> channels;
    std::vector<int64_t> classes;
    for (const int64_t k : regions) {
      channels.push_back(probability.select(1, k));
      classes.push_back(own_class(head, static_cast<size_t>(k)));
    }
    const auto [best, which] = at::max(at::stack(channels, 1), 1);
    const at::Tensor table = at::tensor(classes, at::kLong).to(probability.device());
    label = at::where(best > 0.5, table.index_select(0, which.flatten()).view_as(which), label);
  }
  return label;
}

std::string name_of(const PredictOptions& options, size_t model) {
  if (model >= options.model_names.size()) return fmt::format("model {}", model + 1);
  return std::filesystem::path(options.model_names[model]).filename().string();
}

void check_alike(const std::vector<models::Model>& models, const PredictOptions& options) {
  const Head& first = models.front().contract.head;
  for (size_t m = 1; m < models.size(); ++m)
    if (!(models[m].contract.head == first))
      throw DataError("{} gives {} (codes {}), {} gives {} (codes {}); expected the same classes",
                      name_of(options, 0), join(first.names, ","), fmt::join(first.codes, ","),
                      name_of(options, m), join(models[m].contract.head.names, ","),
                      fmt::join(models[m].contract.head.codes, ","));
}

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

/// The volume as the model wants it: its recipe, its channels in its order.
Volume prepared_for(const Contract& contract, const Volume& volume, const std::string& model) {
  check_fit(contract, volume, model);
  if (volume.recipe_id == contract.recipe_id) return select_channels(volume, contract.channels);
  try {
    return prepare::Recipe::from_text(contract.recipe_ini).apply(volume, contract.channels);
  } catch (const UsageError& e) {
    throw DataError("{}: its recipe cannot be used: {}", model, e.what());
  }
}

at::Tensor as_tensor(const Image& image) {
  const auto& size = image.grid.size;
  return at::from_blob(const_cast<float*>(image.voxels.data()),
                       {1, static_cast<int64_t>(image.channels.size()), size[2], size[1], size[0]},
                       at::TensorOptions().dtype(at::kFloat));
}

/// One model's probabilities on the grid of `volume`.
Image member(const models::Model& model, const Volume& volume, const std::string& name,
             const PredictOptions& options) {
  const Head& head = model.contract.head;
  const Volume prepared = prepared_for(model.contract, volume, name);
  const at::Tensor probability =
      probabilities(*model.network, head, model.contract.tiling,
                    as_tensor(prepared.data.image).to(options.device), options)
          .to(at::kCPU)
          .contiguous();
  if (!at::isfinite(probability).all().item<bool>())
    throw RunError("case {}: {} gives probabilities that are not finite", volume.data.id, name);
  Image image{prepared.data.image.grid, head.names, {}};
  const float* values = probability.const_data_ptr<float>();
  image.voxels.assign(values, values + probability.numel());
  std::vector<float> outside(head.names.size(), 0.0f);
  if (head.kind == Head::Kind::softmax) outside[0] = 1.0f;
  return voxels::restore(prepared.chain, image, outside, volume.chain.steps.size());
}

}  // namespace

at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options) {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = tensor::compute_type(options.precision);
  switch (tiling.kind) {
    case Tiling::Kind::whole:
      if (options.memory_limit_gib > 0) check_memory(network, image, options.memory_limit_gib);
      return pass(network, head, image, compute);
    case Tiling::Kind::window:
      return windows(network, head, tiling, image, compute, options.weights);
    case Tiling::Kind::slices:
      return slices(network, head, image, compute);
    case Tiling::Kind::box:
      break;
  }
  throw UsageError("tiling 'box' needs a box per case; expected whole, window or slices");
}

at::Tensor decode(const at::Tensor& probability, const Head& head) {
  const at::NoGradGuard no_grad;
  return head.kind == Head::Kind::softmax ? at::argmax(probability, 1)
                                          : decode_regions(probability, head);
}

ClassTable classes_of(const Head& head, const ClassTable& known) {
  if (head.kind == Head::Kind::softmax) return {head.names, head.codes};
  if (known.codes == head.codes) return known;
  ClassTable table{{}, head.codes};
  for (const int code : head.codes)
    table.names.push_back(code == 0 ? "background" : fmt::format("code {}", code));
  return table;
}

io::Prediction predict(const std::vector<models::Model>& models, const Volume& volume,
                       const PredictOptions& options) {
  if (models.empty()) throw std::logic_error("predict needs a model");
  check_alike(models, options);
  Image mean;
  for (size_t m = 0; m < models.size(); ++m) {
    throw_if_stopped();
    Image one = member(models[m], volume, name_of(options, m), options);
    if (m == 0) {
      mean = std::move(one);
      continue;
    }
    for (size_t i = 0; i < mean.voxels.size(); ++i) mean.voxels[i] += one.voxels[i];
  }
  if (models.size() > 1)
    for (float& value : mean.voxels) value /= static_cast<float>(models.size());

  const Contract& contract = models.front().contract;
  io::Prediction prediction;
  prediction.case_id = volume.data.id;
  prediction.chain = volume.chain;
  prediction.classes = classes_of(contract.head, volume.data.classes);
  prediction.regions = contract.regions.empty() ? volume.data.regions : contract.regions;
  prediction.head = contract.head;
  const at::Tensor label = decode(as_tensor(mean), contract.head).to(at::kByte).contiguous();
  const uint8_t* classes = label.const_data_ptr<uint8_t>();
  prediction.label = {mean.grid, {classes, classes + label.numel()}};
  if (options.keep_probability) prediction.probability = std::move(mean);
  return prediction;
}

}  // namespace kdseg::infer

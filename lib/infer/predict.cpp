#include "infer/predict.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/max.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "infer/member.h"
#include "infer/memory.h"
#include "tensor/device.h"

namespace kdseg::infer {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

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

/// One model's probabilities on the grid of `volume`.
Image member(const models::Model& model, const Volume& volume, const std::string& name,
             const PredictOptions& options) {
  const Head& head = model.contract.head;
  const auto [prepared, present] = prepared_for(model, volume, name, options.available);
  PredictOptions own = options;
  own.present = present;
  own.minimum_outside = minimum_outside(model.contract, name);
  const at::Tensor probability =
      probabilities(*model.network, head, model.contract.tiling,
                    as_tensor(prepared.data.image).to(options.device), own);
  return restored(probability, head.names, certain_background(head), prepared, volume, name);
}

/// The mean of the models' answers on the grid of `volume`.
Image mean_of(const std::vector<models::Model>& models, const Volume& volume,
              const PredictOptions& options) {
  if (models.empty()) throw std::logic_error("a prediction needs a model");
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
  return mean;
}

}  // namespace

at::Tensor logits_of(models::Network& network, const tensor::Input& input, at::ScalarType compute) {
  const tensor::Autocast autocast(input.image.device(), compute);
  return network.forward(input).logits.to(at::kFloat);
}

at::Tensor probabilities_from(const at::Tensor& logits, const Head& head) {
  if (head.kind == Head::Kind::image) return logits;
  return head.kind == Head::Kind::softmax ? at::softmax(logits, 1) : at::sigmoid(logits);
}

at::Tensor probabilities_of(models::Network& network, const Head& head, const tensor::Input& input,
                            at::ScalarType compute) {
  return probabilities_from(logits_of(network, input, compute), head);
}

at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options) {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = tensor::compute_type(options.precision);
  if (tiling.kind == Tiling::Kind::whole && options.memory_limit_gib > 0)
    check_memory(network, image, options.memory_limit_gib);
  Pass pass{[&](const at::Tensor& part) {
              tensor::Input input;
              input.image = part;
              if (options.present.defined())
                input.present = options.present.expand({part.size(0), options.present.size(1)});
              return probabilities_of(network, head, input, compute);
            },
            network.size_multiple(), network.minimum_size()};
  pass.minimum_outside = options.minimum_outside;
  return lay(pass, tiling, image, options.weights);
}

at::Tensor decode(const at::Tensor& probability, const Head& head) {
  const at::NoGradGuard no_grad;
  if (head.kind == Head::Kind::image) throw std::logic_error("channels are no classes");
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

void require_segmentation(const Contract& contract, const std::string& name) {
  if (contract.head.kind == Head::Kind::image)
    throw DataError("{} makes channels ({}), expected a network that segments", name,
                    join(contract.head.names, ","));
}

io::Prediction predict(const std::vector<models::Model>& models, const Volume& volume,
                       const PredictOptions& options) {
  if (!models.empty()) require_segmentation(models.front().contract, name_of(options, 0));
  Image mean = mean_of(models, volume, options);
  const Contract& contract = models.front().contract;
  io::Prediction prediction = empty_prediction(contract, volume);
  prediction.label = decoded(mean, contract.head);
  if (options.keep_probability) prediction.probability = std::move(mean);
  return prediction;
}

Volume synthesize(const std::vector<models::Model>& models, const Volume& volume,
                  const PredictOptions& options) {
  Image made = mean_of(models, volume, options);
  Volume whole = volume;
  auto& image = whole.data.image;
  for (const auto& name : made.channels)
    if (std::find(image.channels.begin(), image.channels.end(), name) != image.channels.end())
      throw DataError("case {}: has a channel {} already", volume.data.id, name);
  image.channels.insert(image.channels.end(), made.channels.begin(), made.channels.end());
  image.voxels.insert(image.voxels.end(), made.voxels.begin(), made.voxels.end());
  return whole;
}

}  // namespace kdseg::infer

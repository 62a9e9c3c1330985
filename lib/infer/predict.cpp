#include "infer/predict.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/flip.h>

#include <algorithm>

#include "base/errors.h"
#include "base/interrupt.h"
#include "infer/memory.h"
#include "tensor/device.h"

namespace kdseg::infer {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

/// How many parts of a volume [N, C, D, H, W] one pass takes: all images of a whole volume or
/// window; under slices as many as the limit lets.
int64_t parts_at_once(models::Network& network, const Tiling& tiling, const at::Tensor& image,
                      double limit_gib) {
  constexpr int64_t most_slices = 16;
  const bool slices = tiling.kind == Tiling::Kind::slices;
  const int64_t wanted = slices ? most_slices : image.size(0);
  if (limit_gib <= 0) return wanted;
  const auto shape =
      part_shape(network, tiling, image.size(1), {image.size(4), image.size(3), image.size(2)});
  const double each = forward_peak_bytes(network, shape, image.device()) / gib;
  const auto fitting = static_cast<int64_t>(std::min(limit_gib / each, 1e6));
  if (fitting >= (slices ? 1 : wanted)) return std::min(wanted, fitting);
  throw RunError(
      "{} of {} voxels needs about {:.1f} GiB, --memory-limit is {:g}; lay {} with --window",
      slices                                ? "a slice"
      : tiling.kind == Tiling::Kind::window ? "a window"
                                            : "a whole volume",
      sides_of(shape), each * static_cast<double>(slices ? 1 : wanted), limit_gib,
      tiling.kind == Tiling::Kind::whole || slices ? "smaller windows" : "smaller ones");
}

/// One member's probabilities on the grid of `volume`.
Image answer(const Member& member, const Volume& volume, const PredictOptions& options) {
  const Head& head = member.contract().head;
  const auto [prepared, present] = member.prepared(volume, options.available);
  PredictOptions own = options;
  own.present = present;
  own.minimum_outside = member.minimum_outside();
  const at::Tensor probability =
      probabilities(member.network(), head, member.contract().tiling,
                    as_tensor(prepared.data.image).to(options.device), own);
  return member.restored(probability, head.names, certain_background(head), prepared, volume);
}

/// The mean of the members' answers on the grid of `volume`.
Image mean_of(const std::vector<Member>& members, const Volume& volume,
              const PredictOptions& options) {
  if (members.empty()) throw std::logic_error("a prediction needs a model");
  require_alike(members);
  MeanOfMembers mean;
  for (const auto& member : members) {
    throw_if_stopped();
    mean.add(answer(member, volume, options));
  }
  return mean.take();
}

}  // namespace

at::Tensor logits_of(models::Network& network, const tensor::Input& input, at::ScalarType compute) {
  const tensor::Autocast autocast(input.image.device(), compute);
  return network.forward(input).logits.to(at::kFloat);
}

at::Tensor probabilities_of(models::Network& network, const Head& head, const tensor::Input& input,
                            at::ScalarType compute) {
  return probabilities_from(logits_of(network, input, compute), head);
}

at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options) {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = tensor::compute_type(options.precision);
  Pass pass{[&](const at::Tensor& part) {
              tensor::Input input;
              input.image = part;
              if (options.present.defined())
                input.present = options.present.expand({part.size(0), options.present.size(1)});
              return probabilities_of(network, head, input, compute);
            },
            network.size_multiple(), network.minimum_size()};
  check_tiling(tiling, pass.multiple, pass.minimum);
  pass.slices_at_once = parts_at_once(network, tiling, image, options.memory_limit_gib);
  pass.minimum_outside = options.minimum_outside;
  at::Tensor sum;
  for (uint64_t subset = 0; subset < uint64_t{1} << options.mirror.size(); ++subset) {
    std::vector<int64_t> axes;
    for (size_t i = 0; i < options.mirror.size(); ++i)
      if (subset >> i & 1) axes.push_back(image.dim() - 1 - options.mirror[i]);
    if (axes.empty()) {
      sum = sliding_window(pass, tiling, image, options.weights);
      continue;
    }
    throw_if_stopped();
    sum += sliding_window(pass, tiling, image.flip(axes), options.weights).flip(axes);
  }
  return options.mirror.empty() ? sum : sum / static_cast<double>(1 << options.mirror.size());
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

io::Prediction predict(const std::vector<Member>& members, const Volume& volume,
                       const PredictOptions& options) {
  if (!members.empty()) members.front().require_segmentation();
  Image mean = mean_of(members, volume, options);
  const Contract& contract = members.front().contract();
  io::Prediction prediction = empty_prediction(contract, volume);
  prediction.label = decoded(mean, contract.head);
  postprocess(prediction.label, prediction.classes, prediction.regions, options.postprocessing);
  if (options.keep_probability) prediction.probability = std::move(mean);
  return prediction;
}

Volume synthesize(const std::vector<Member>& members, const Volume& volume,
                  const PredictOptions& options) {
  Image made = mean_of(members, volume, options);
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

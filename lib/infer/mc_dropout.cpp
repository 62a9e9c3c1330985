#include "infer/mc_dropout.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/random.h"
#include "infer/memory.h"
#include "tensor/device.h"
#include "tensor/noise.h"
#include "tensor/softmax_sum.h"

namespace kdseg::infer {
namespace {

constexpr double gib = 1024.0 * 1024 * 1024;

/// Samples in one pass where nobody says: a GPU wants work; on the CPU a pass of one is no slower
/// and its maps stay nearer to the processor (1.5 times faster than passes of eight, measured at
/// width 8 and 64 cubed).
int64_t most_at_once(at::Device device) { return device.is_cpu() ? 1 : 8; }

/// How many samples one pass takes.
int64_t samples_per_pass(models::Network& network, const Tiling& tiling, const at::Tensor& image,
                         const PredictOptions& options, const SampleOptions& sampling) {
  int64_t count = sampling.at_once > 0 ? sampling.at_once : most_at_once(image.device());
  if (options.memory_limit_gib > 0 && sampling.at_once == 0) {
    const auto shape =
        part_shape(network, tiling, image.size(1), {image.size(4), image.size(3), image.size(2)});
    const double each = forward_peak_bytes(network, shape, image.device()) / gib;
    count = std::min(count, static_cast<int64_t>(std::min(options.memory_limit_gib / each, 1e6)));
    if (count < 1)
      throw RunError(
          "one sample of {} voxels needs about {:.1f} GiB, --memory-limit is {:g}; lay smaller "
          "windows with --window",
          sides_of(shape), each, options.memory_limit_gib);
  }
  return std::min(count, sampling.samples);
}

/// Adds the samples of a batch [S, ...] to a sum [1, ...] one by one: the order of the additions
/// does not depend on how samples are grouped.
void add_samples(at::Tensor& sum, const at::Tensor& samples) {
  for (int64_t s = 0; s < samples.size(0); ++s) sum.add_(samples.narrow(0, s, 1));
}

/// Means over the samples of one part of a volume, one behind the other along the channels:
/// probabilities, then what else is asked for.
class SampledPass {
 public:
  SampledPass(models::Network& network, const Head& head,
              const std::vector<std::vector<int64_t>>& regions, const PredictOptions& options,
              const SampleOptions& sampling, std::vector<uint64_t> keys, int64_t at_once)
      : network_(network),
        head_(head),
        regions_(regions),
        compute_(tensor::compute_type(options.precision)),
        sampling_(sampling),
        keys_(std::move(keys)),
        at_once_(static_cast<size_t>(at_once)) {}

  at::Tensor operator()(const at::Tensor& part) const {
    tensor::Noise noise(sampling_.seed, {keys_.front()});
    // The same sums whether or not more is asked for.
    const bool sums_softmax = head_.kind == Head::Kind::softmax && part.device().is_cpu();
    const bool needs_probability = sampling_.mutual_information || !sums_softmax;
    auto* summing = dynamic_cast<models::SumsSoftmax*>(&network_);
    at::Tensor mean, entropy;
    if (sums_softmax) mean = at::zeros(mean_shape(part), part.options().dtype(at::kFloat));
    for (size_t first = 0; first < keys_.size(); first += at_once_) {
      throw_if_stopped();
      const auto begin = keys_.begin() + static_cast<int64_t>(first);
      const auto end =
          keys_.begin() + static_cast<int64_t>(std::min(first + at_once_, keys_.size()));
      noise.draw({begin, end});
      tensor::Input input;
      input.image = part;
      input.noise = &noise;
      if (summing && !needs_probability) {
        const tensor::Autocast autocast(part.device(), compute_);
        summing->add_softmax(input, mean);
        continue;
      }
      const at::Tensor logits = logits_of(network_, input, compute_);
      const at::Tensor p = needs_probability ? probabilities_from(logits, head_) : at::Tensor();
      if (sums_softmax)
        tensor::add_softmax(mean, logits.contiguous());
      else
        accumulate(mean, p);
      if (sampling_.mutual_information)
        accumulate(entropy, region_entropy(p, regions_, sampling_.entropy));
    }
    const auto count = static_cast<double>(keys_.size());
    std::vector<at::Tensor> maps{mean.div_(count)};
    if (sampling_.mutual_information) maps.push_back(entropy.div_(count));
    if (sampling_.deterministic_label) {
      tensor::Input input;
      input.image = part;
      maps.push_back(probabilities_of(network_, head_, input, compute_));
    }
    return maps.size() == 1 ? maps[0] : at::cat(maps, 1);
  }

 private:
  std::vector<int64_t> mean_shape(const at::Tensor& part) const {
    auto shape = part.sizes().vec();
    shape[0] = 1;
    shape[1] = head_.channels();
    return shape;
  }
  static void accumulate(at::Tensor& sum, const at::Tensor& samples) {
    if (!sum.defined()) sum = at::zeros_like(samples.narrow(0, 0, 1));
    add_samples(sum, samples);
  }

  models::Network& network_;
  const Head& head_;
  const std::vector<std::vector<int64_t>>& regions_;
  at::ScalarType compute_;
  const SampleOptions& sampling_;
  std::vector<uint64_t> keys_;
  size_t at_once_;
};

Image scaled(const at::Tensor& entropy, double largest, std::vector<std::string> names,
             const Grid& grid) {
  const at::Tensor u = (entropy * (100.0 / largest)).clamp_(0.0, 100.0).contiguous();
  const float* first = u.const_data_ptr<float>();
  return {grid, std::move(names), {first, first + u.numel()}};
}

/// Means on the grid of a volume.
struct Restored {
  Image probability;
  std::optional<Image> entropy, deterministic;
};

Restored sampled(const Member& member, const Volume& volume, const RegionChannels& regions,
                 const PredictOptions& options, const SampleOptions& sampling) {
  const Head& head = member.contract().head;
  const Volume prepared = member.prepared(volume);
  PredictOptions own = options;
  own.minimum_outside = member.minimum_outside();
  const SampleMeans means = sample_means(member.network(), head, member.contract().tiling,
                                         as_tensor(prepared.data.image).to(options.device),
                                         volume.data.id, regions.channels, own, sampling);
  const auto back = [&](const at::Tensor& maps, const std::vector<std::string>& names,
                        const std::vector<float>& outside) {
    return member.restored(maps, names, outside, prepared, volume);
  };
  Restored restored{back(means.probability, head.names, certain_background(head)), {}, {}};
  if (sampling.mutual_information)
    restored.entropy =
        back(means.entropy, regions.names, std::vector<float>(regions.names.size(), 0.0f));
  if (sampling.deterministic_label)
    restored.deterministic = back(means.deterministic, head.names, certain_background(head));
  return restored;
}

Restored mean_of(const std::vector<Member>& members, const Volume& volume,
                 const RegionChannels& regions, const PredictOptions& options,
                 const SampleOptions& sampling) {
  MeanOfMembers probability, entropy, deterministic;
  for (const auto& member : members) {
    Restored one = sampled(member, volume, regions, options, sampling);
    probability.add(std::move(one.probability));
    if (one.entropy) entropy.add(std::move(*one.entropy));
    if (one.deterministic) deterministic.add(std::move(*one.deterministic));
  }
  Restored mean{probability.take(), {}, {}};
  if (sampling.mutual_information) mean.entropy = entropy.take();
  if (sampling.deterministic_label) mean.deterministic = deterministic.take();
  return mean;
}

}  // namespace

uint64_t sample_key(uint64_t seed, const std::string& case_id, int64_t sample) {
  Random random(seed, static_cast<uint64_t>(sample), "mc-dropout/" + case_id);
  const uint64_t high = random.bits();
  return (high << 32) | random.bits();
}

SampleMeans sample_means(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const std::string& case_id,
                         const std::vector<std::vector<int64_t>>& regions,
                         const PredictOptions& options, const SampleOptions& sampling) {
  const at::NoGradGuard no_grad;
  std::vector<uint64_t> keys;
  for (int64_t s = 0; s < sampling.samples; ++s)
    keys.push_back(sample_key(sampling.seed, case_id, s));
  const int64_t at_once = samples_per_pass(network, tiling, image, options, sampling);
  Pass pass{SampledPass(network, head, regions, options, sampling, std::move(keys), at_once),
            network.size_multiple(), network.minimum_size(), 1};
  pass.minimum_outside = options.minimum_outside;
  const at::Tensor maps = sliding_window(pass, tiling, image, options.weights);
  const int64_t classes = head.channels(), count = static_cast<int64_t>(regions.size());
  SampleMeans means{maps.narrow(1, 0, classes), {}, {}};
  if (sampling.mutual_information) means.entropy = maps.narrow(1, classes, count);
  if (sampling.deterministic_label)
    means.deterministic = maps.narrow(1, maps.size(1) - classes, classes);
  return means;
}

void require_dropout(const Member& member) {
  if (!member.network().has_dropout())
    throw DataError(
        "{}: its network {} drops nothing, so that every sample would be the same; expected one "
        "trained with dropout, as by pretrain with 'dropout = 0.2' in [network.had-net-unet]; "
        "ensemble-label gives its plain prediction",
        member.name(), member.model().section.name);
}

io::Prediction predict_with_dropout(const std::vector<Member>& members, const Volume& volume,
                                    const PredictOptions& options, const SampleOptions& sampling) {
  const Member& first = members.at(0);
  const Head& head = first.contract().head;
  for (const auto& member : members) require_dropout(member);
  require_alike(members);
  if (sampling.entropy == Entropy::multiclass && head.kind == Head::Kind::sigmoid)
    throw UsageError(
        "{} gives independent regions, which have no entropy over classes; expected "
        "--entropy region-binary",
        first.name());
  io::Prediction prediction = empty_prediction(first.contract(), volume);
  const RegionChannels regions = region_channels(head, prediction.regions);
  Restored mean = mean_of(members, volume, regions, options, sampling);

  const at::NoGradGuard no_grad;
  const at::Tensor p = as_tensor(mean.probability);
  const Grid& grid = mean.probability.grid;
  const double largest = largest_entropy(head.channels(), sampling.entropy);
  const at::Tensor of_mean = region_entropy(p, regions.channels, sampling.entropy);
  prediction.uncertainty = scaled(of_mean, largest, regions.names, grid);
  if (sampling.class_entropy)
    prediction.maps["class-entropy"] =
        scaled(binary_entropy(p.clamp(0.0, 1.0)), std::log(2.0), head.names, grid);
  if (mean.entropy)
    prediction.maps["mutual-information"] =
        scaled(of_mean - as_tensor(*mean.entropy), largest, regions.names, grid);
  prediction.label = decoded(mean.deterministic ? *mean.deterministic : mean.probability, head);
  if (options.keep_probability) prediction.probability = std::move(mean.probability);
  return prediction;
}

}  // namespace kdseg::infer

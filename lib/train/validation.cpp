#include "train/validation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <future>

#include "base/errors.h"
#include "base/interrupt.h"
#include "losses/absolute_error.h"
#include "methods/setup.h"

namespace kdseg::train {
namespace {

template <class T>
at::Tensor view_of(const std::vector<T>& voxels, at::IntArrayRef shape, at::ScalarType type) {
  return at::from_blob(const_cast<T*>(voxels.data()), shape, at::TensorOptions().dtype(type));
}

at::Tensor label_of(const Volume& volume, at::Device device) {
  const auto& size = volume.data.image.grid.size;
  return view_of(volume.data.label->voxels, {1, size[2], size[1], size[0]}, at::kByte)
      .to(device)
      .to(at::kLong);
}

at::Tensor maps_of(const Image& image, at::Device device) {
  const auto& size = image.grid.size;
  return view_of(image.voxels,
                 {1, static_cast<int64_t>(image.channels.size()), size[2], size[1], size[0]},
                 at::kFloat)
      .to(device);
}

}  // namespace

std::vector<int64_t> confusion(const at::Tensor& truth, const at::Tensor& prediction,
                               int64_t classes) {
  const at::Tensor pairs = (truth * classes + prediction).flatten();
  const at::Tensor counts = at::bincount(pairs, {}, classes * classes).cpu();
  const int64_t* first = counts.const_data_ptr<int64_t>();
  return {first, first + classes * classes};
}

double smoothed_dice(std::span<const int64_t> confusion, std::span<const int64_t> region) {
  const auto classes = static_cast<int64_t>(std::lround(std::sqrt(confusion.size())));
  const auto within = [&](int64_t c) {
    return std::find(region.begin(), region.end(), c) != region.end();
  };
  int64_t both = 0, truth = 0, prediction = 0;
  for (int64_t t = 0; t < classes; ++t)
    for (int64_t p = 0; p < classes; ++p) {
      const int64_t count = confusion[static_cast<size_t>(t * classes + p)];
      if (within(t)) truth += count;
      if (within(p)) prediction += count;
      if (within(t) && within(p)) both += count;
    }
  return (2.0 * static_cast<double>(both) + 1) / static_cast<double>(truth + prediction + 1);
}

Validation::Validation(data::CaseStore& cases, const ClassTable& classes,
                       const std::vector<Region>& regions, std::vector<std::string> made,
                       infer::PredictOptions options)
    : cases_(cases),
      class_count_(static_cast<int64_t>(classes.names.size())),
      made_(std::move(made)),
      options_(std::move(options)) {
  for (const auto& name : made_) names_.push_back("mae-" + name);
  if (!made_.empty()) return;
  for (const auto& region : regions) {
    names_.push_back("dice-" + region.name);
    auto& indices = regions_.emplace_back();
    for (const int code : region.codes) {
      const auto at = std::find(classes.codes.begin(), classes.codes.end(), code);
      if (at == classes.codes.end())
        throw DataError("region {}: code {} is none of the volumes' classes", region.name, code);
      indices.push_back(at - classes.codes.begin());
    }
  }
}

std::map<std::string, at::Tensor> Validation::predict(
    methods::Method& method, const std::vector<methods::Candidate>& candidates,
    const methods::StepInfo& info, const Volume& volume, std::optional<double>& loss) {
  const at::NoGradGuard guard;
  tensor::Batch batch;
  batch.input.image = maps_of(volume.data.image, options_.device);
  batch.cases = {volume.data.id};
  batch.channels = volume.data.image.channels;
  const Contract& contract = candidates.front().members.front().model->contract;
  const bool whole = contract.tiling.kind == Tiling::Kind::whole;
  methods::Logits outputs;  // logits of whole volumes, else probabilities
  if (whole) {
    batch.target.classes = label_of(volume, options_.device);
    if (volume.data.share) batch.target.share = maps_of(volume.data.share->image, options_.device);
    loss = method.validate(batch, info, &outputs).at("loss");
  }
  std::map<std::string, at::Tensor> answers;
  for (const auto& candidate : candidates) {
    at::Tensor sum;
    for (const auto& member : candidate.members) {
      at::Tensor& output = outputs[member.name];
      // Patch training: the loss of a whole volume may not fit into memory, its parts do.
      if (!output.defined())
        output = infer::probabilities(*member.model->network, contract.head, contract.tiling,
                                      methods::images_of(batch, contract.channels), options_);
      // The classes of one network alone are told from its logits.
      const bool alone = candidate.members.size() == 1 && contract.head.kind != Head::Kind::sigmoid;
      const at::Tensor answer =
          !whole || alone ? output
                          : infer::probabilities_from(output.to(at::kFloat), contract.head);
      sum = sum.defined() ? sum + answer : answer;
    }
    const auto members = static_cast<double>(candidate.members.size());
    answers[candidate.name] = members > 1 ? sum / members : sum;
  }
  return answers;
}

std::vector<double> Validation::parts_of(const Head& head, const Volume& volume,
                                         const at::Tensor& output) {
  std::vector<double> parts;
  if (head.kind == Head::Kind::image) {
    const at::Tensor image = maps_of(volume.data.image, options_.device);
    const auto& channels = volume.data.image.channels;
    for (size_t k = 0; k < made_.size(); ++k) {
      const auto at = std::find(channels.begin(), channels.end(), made_[k]) - channels.begin();
      parts.push_back(losses::absolute_error(output.narrow(1, static_cast<int64_t>(k), 1),
                                             image.narrow(1, at, 1))
                          .item<double>());
    }
    return parts;
  }
  const auto counts =
      confusion(label_of(volume, options_.device), infer::decode(output, head), class_count_);
  for (const auto& region : regions_) parts.push_back(smoothed_dice(counts, region));
  return parts;
}

std::optional<Validation::Result> Validation::run(methods::Method& method,
                                                  const methods::StepInfo& info) {
  const auto candidates = method.candidates();
  const Head& head = candidates.front().members.front().model->contract.head;
  std::map<std::string, std::vector<double>> sums;
  for (const auto& candidate : candidates) sums[candidate.name].resize(names_.size(), 0.0);
  double loss_sum = 0;
  std::optional<double> loss;
  const int64_t count = cases_.size();
  const auto ahead = [&](int64_t i) {
    return std::async(std::launch::async, [this, i] { return cases_.get(i); });
  };
  auto next = ahead(0);
  for (int64_t i = 0; i < count; ++i) {
    const auto volume = next.get();
    if (i + 1 < count) next = ahead(i + 1);
    if (stop_requested()) return std::nullopt;
    for (const auto& [name, answer] : predict(method, candidates, info, *volume, loss)) {
      const auto parts = parts_of(head, *volume, answer);
      for (size_t p = 0; p < parts.size(); ++p) sums[name][p] += parts[p];
    }
    loss_sum += loss.value_or(0);
  }
  Result result;
  for (const auto& [name, sum] : sums) {
    Scores& scores = result.of[name];
    for (size_t p = 0; p < names_.size(); ++p) {
      scores.parts.emplace_back(names_[p], sum[p] / static_cast<double>(count));
      scores.score += scores.parts.back().second / static_cast<double>(names_.size());
    }
    if (head.kind == Head::Kind::image) scores.score = -scores.score;
  }
  if (loss) result.loss = loss_sum / static_cast<double>(count);
  return result;
}

}  // namespace kdseg::train

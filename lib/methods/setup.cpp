#include "methods/setup.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <stdexcept>

#include "base/errors.h"
#include "base/random.h"
#include "base/text.h"

namespace kdseg::methods {

const models::Model* Setup::teacher() const {
  for (const auto& one : frozen)
    if (one.name == "teacher") return &one.model;
  return nullptr;
}

std::vector<const Trained*> Setup::learning() const {
  std::vector<const Trained*> all;
  for (const auto& one : networks) all.push_back(&one);
  if (translation && translation->judge_of_to) {
    all.push_back(&translation->there);
    all.push_back(&translation->back);
  }
  return all;
}

int64_t Setup::domain_of(const std::string& stream) const {
  for (const auto& view : streams)
    if (view.name == stream) return view.domain;
  return 0;
}

void freeze(const models::Model& model) {
  for (auto& p : model.network->module().parameters()) p.set_requires_grad(false);
}

std::vector<std::string> cases_in(const tensor::Draw& draw) {
  std::vector<std::string> cases;
  for (const auto& [name, batch] : draw)
    cases.insert(cases.end(), batch.cases.begin(), batch.cases.end());
  return cases;
}

at::Tensor images_of(const tensor::Batch& batch, const std::vector<std::string>& channels) {
  const at::Tensor& image = batch.input.image;
  if (batch.channels.empty() || channels.empty() || batch.channels == channels) return image;
  std::vector<int64_t> positions;
  for (const auto& name : channels) {
    const auto at = std::find(batch.channels.begin(), batch.channels.end(), name);
    if (at == batch.channels.end())
      throw UsageError("a batch has the channels {}, a network expects {}",
                       join(batch.channels, ","), join(channels, ","));
    positions.push_back(at - batch.channels.begin());
  }
  return image.index_select(1, at::tensor(positions, at::kLong).to(image.device()));
}

tensor::Noise step_noise(const StepInfo& info, const std::string& network, int64_t batch) {
  Random random(info.seed, static_cast<uint64_t>(info.step), "dropout/" + network);
  std::vector<uint64_t> keys(static_cast<size_t>(batch));
  for (auto& key : keys) {
    const uint64_t high = random.bits();
    key = (high << 32) | random.bits();
  }
  return {info.seed, std::move(keys)};
}

}  // namespace kdseg::methods

#include "models/layers/work.h"

#include <stdexcept>

namespace kdseg::models {
namespace {

thread_local WorkCounter* counting = nullptr;

}  // namespace

int64_t total_macs(const std::vector<LayerWork>& layers) {
  int64_t sum = 0;
  for (const auto& layer : layers) sum += layer.macs;
  return sum;
}

WorkCounter::WorkCounter() : outer_(counting) { counting = this; }
WorkCounter::~WorkCounter() { counting = outer_; }

void WorkCounter::note(const torch::nn::Module& layer, const at::Tensor& weight, int64_t in,
                       at::IntArrayRef positions, at::IntArrayRef result) {
  if (!counting) return;
  LayerWork work;
  work.in = in;
  work.out = result[1];
  work.kernel = weight.dim() > 2 ? weight.size(2) : 1;
  work.size = {1, 1, 1};
  for (size_t axis = 0; axis + 2 < result.size(); ++axis)
    work.size[axis] = result[result.size() - 1 - axis];
  work.macs = weight.numel() * positions[0];
  for (const int64_t side : positions.slice(2)) work.macs *= side;
  counting->notes_.push_back({&layer, std::move(work)});
}

std::vector<LayerWork> WorkCounter::layers(const torch::nn::Module& network) const {
  const auto modules = network.named_modules("", false);
  std::vector<LayerWork> all;
  for (const auto& note : notes_) {
    LayerWork work = note.work;
    for (const auto& item : modules)
      if (item.value().get() == note.layer) work.name = item.key();
    if (work.name.empty()) throw std::logic_error("a layer that ran is no part of the network");
    all.push_back(std::move(work));
  }
  return all;
}

}  // namespace kdseg::models

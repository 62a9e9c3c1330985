#include "train/class_weights.h"

#include <numeric>

#include "base/log.h"
#include "base/parallel.h"
#include "base/stop_signal.h"
#include "base/text.h"
#include "losses/cross_entropy.h"

namespace kdseg::train {
namespace {

bool is_open(const Setting& setting) {
  return setting.key == "class-weights" && trim(setting.value) == "from-train";
}

std::vector<int64_t> voxels_per_class(const Volume& volume, int64_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  if (!volume.data.label) return counts;
  const auto& label = volume.data.label->voxels;
  for (size_t v = 0; v < label.size(); ++v)
    if ((!volume.data.brain || volume.data.brain->voxels[v]) && label[v] < classes)
      ++counts[label[v]];
  return counts;
}

}  // namespace

std::vector<Section> without_open_weights(std::vector<Section> terms) {
  for (auto& term : terms) std::erase_if(term.settings, is_open);
  return terms;
}

void fill_class_weights(std::vector<Section>& terms, data::CaseStore& training, int64_t classes,
                        int threads) {
  std::vector<Setting*> open;
  for (auto& term : terms)
    for (auto& setting : term.settings)
      if (is_open(setting)) open.push_back(&setting);
  if (open.empty()) return;
  std::vector<std::vector<int64_t>> counts(static_cast<size_t>(training.size()));
  parallel_for(training.size(), threads, [&](int64_t i) {
    throw_if_signalled();
    counts[static_cast<size_t>(i)] = voxels_per_class(*training.get(i), classes);
  });
  std::vector<int64_t> sum(static_cast<size_t>(classes), 0);
  for (const auto& one : counts)
    std::transform(sum.begin(), sum.end(), one.begin(), sum.begin(), std::plus<>());
  std::vector<std::string> words;
  for (const double weight : losses::class_weights_from_counts(sum)) words.push_back(exact(weight));
  log::info("class weights from the training cases: {}", join(words, " "));
  for (Setting* setting : open) setting->value = join(words, " ");
}

}  // namespace kdseg::train

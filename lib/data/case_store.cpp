#include "data/case_store.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "base/limits.h"
#include "data/soft_labels.h"
#include "io/volume_file.h"

namespace kdseg::data {

int64_t size_in_bytes(const Volume& volume) {
  size_t bytes = volume.data.image.voxels.size() * sizeof(float);
  if (volume.data.label) bytes += volume.data.label->voxels.size();
  if (volume.data.share) bytes += volume.data.share->image.voxels.size() * sizeof(float);
  if (volume.data.brain) bytes += volume.data.brain->voxels.size();
  return static_cast<int64_t>(bytes);
}

bool MemoryBudget::take(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > left_) return false;
  left_ -= bytes;
  return true;
}

std::shared_ptr<MemoryBudget> cache_budget(const std::string& cache, double memory_limit_gib) {
  if (cache == "none") return std::make_shared<MemoryBudget>(0);
  if (cache == "ram") return std::make_shared<MemoryBudget>(std::numeric_limits<int64_t>::max());
  const int64_t limit = memory_limit_gib > 0
                            ? static_cast<int64_t>(memory_limit_gib * 1024 * 1024 * 1024)
                            : usable_memory_bytes();
  return std::make_shared<MemoryBudget>(limit / 2);
}

CaseStore::CaseStore(std::vector<std::string> ids, Load load, std::shared_ptr<MemoryBudget> budget)
    : ids_(std::move(ids)), load_(std::move(load)), budget_(std::move(budget)) {
  for (size_t i = 0; i < ids_.size(); ++i) entries_.push_back(std::make_unique<Entry>());
}

std::shared_ptr<const Volume> CaseStore::get(int64_t i) {
  Entry& entry = *entries_[static_cast<size_t>(i)];
  const std::lock_guard lock(entry.mutex);
  if (entry.kept) return entry.kept;
  try {
    auto loaded = std::make_shared<const Volume>(load_(i));
    if (budget_->take(size_in_bytes(*loaded))) entry.kept = loaded;
    return loaded;
  } catch (const DataError& e) {
    const std::string what = e.what();
    if (what.find(id(i)) != std::string::npos) throw;
    throw DataError("case {}: {}", id(i), what);
  }
}

CaseStore::Load prepared_cases(std::vector<cohort::Row> rows, const prepare::Recipe& recipe,
                               std::vector<std::string> channels, Head head, bool labels) {
  return [rows = std::move(rows), &recipe, channels = std::move(channels), head = std::move(head),
          labels](int64_t i) {
    const auto& path = rows[static_cast<size_t>(i)].path;
    Volume volume = recipe.apply(
        labels ? io::read_volume(path) : io::read_volume_without_label(path), channels);
    fit_shares(volume, head);
    return volume;
  };
}

}  // namespace kdseg::data

// Prepared cases by number: decoded once and kept in memory as far as the limit allows.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/contract.h"
#include "base/volume.h"
#include "cohort/sheet.h"
#include "prepare/recipe.h"

namespace kdseg::data {

/// Bytes of a case in memory, soft labels included.
int64_t size_in_bytes(const Volume& volume);

/// Bytes shared by several stores, so that one limit holds for training and validation together.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t bytes) : left_(bytes) {}
  bool take(int64_t bytes);

 private:
  std::mutex mutex_;
  int64_t left_;
};

/// The budget of --cache and --memory-limit: none keeps nothing, ram keeps everything, auto keeps
/// up to half of the limit (or of the usable memory when there is none).
std::shared_ptr<MemoryBudget> cache_budget(const std::string& cache, double memory_limit_gib);

class CaseStore {
 public:
  using Load = std::function<Volume(int64_t)>;

  CaseStore(std::vector<std::string> ids, Load load, std::shared_ptr<MemoryBudget> budget);

  int64_t size() const { return static_cast<int64_t>(ids_.size()); }
  const std::string& id(int64_t i) const { return ids_[static_cast<size_t>(i)]; }

  /// Case i; thread safe, and two threads never load the same case at once.
  /// \throws DataError  naming the case
  std::shared_ptr<const Volume> get(int64_t i);

 private:
  struct Entry {
    std::mutex mutex;
    std::shared_ptr<const Volume> kept;
  };
  std::vector<std::string> ids_;
  Load load_;
  std::shared_ptr<MemoryBudget> budget_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

/// Reads the rows' volumes and prepares them: source volumes by `recipe`; volumes that are prepared
/// already must carry its id. Keeps `channels` in this order (empty: all); without `labels` these
/// are not read; soft ones become the channels of `head`, see fit_shares(). The recipe must outlive
/// the result.
CaseStore::Load prepared_cases(std::vector<cohort::Row> rows, const prepare::Recipe& recipe,
                               std::vector<std::string> channels, Head head, bool labels = true);

}  // namespace kdseg::data

// Which cases each step of a run sees: a function of seed and step alone.
#pragma once
#include <cstdint>
#include <vector>

namespace kdseg::data {

/// What one step trains on.
struct Place {
  int64_t step = 0, epoch = 0;
  int64_t batch_number = 0;    ///< within the epoch
  std::vector<int64_t> cases;  ///< indices, at most the batch size; the last batch may be smaller
};

/// Every epoch is a random order of all cases, keyed by (seed, epoch): a run continues from the
/// number of its next step, and the count of loader threads changes nothing.
class Sampler {
 public:
  Sampler(uint64_t seed, int64_t cases, int64_t batch);
  int64_t steps_per_epoch() const { return (cases_ + batch_ - 1) / batch_; }
  int64_t batch() const { return batch_; }
  Place at(int64_t step) const;

 private:
  uint64_t seed_;
  int64_t cases_, batch_;
};

}  // namespace kdseg::data

// Which items of a stream each step of a run sees: a function of seed, stream and step alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace kdseg::data {

/// The stream that there is where no settings name others.
inline constexpr const char* sole_stream = "cases";

/// The purpose under which a stream draws random numbers: another one per stream, so that no two
/// draw alike. The sole stream's purposes carry no name.
std::string purpose_of(const std::string& purpose, const std::string& stream);

/// What one step trains on.
struct Place {
  int64_t step = 0, epoch = 0;
  int64_t batch_number = 0;    ///< within the epoch
  std::vector<int64_t> items;  ///< indices of cases (or slices), at most the batch size
};

/// bounded: every epoch ends with a batch of what is left. endless: batches are always full, their
/// end is the begin of the next pass. An endless stream keeps step with others of another length.
enum class Passes { bounded, endless };

/// Every pass is a random order of all items, keyed by (seed, stream, pass): a run continues from
/// the number of its next step, and the count of loader threads changes nothing.
class Sampler {
 public:
  Sampler(uint64_t seed, int64_t items, int64_t batch, std::string stream = sole_stream,
          Passes passes = Passes::bounded);
  int64_t steps_per_epoch() const { return (items_ + batch_ - 1) / batch_; }
  int64_t batch() const { return batch_; }
  const std::string& stream() const { return stream_; }
  Place at(int64_t step) const;

 private:
  std::vector<int64_t> order_of(int64_t pass) const;

  uint64_t seed_;
  int64_t items_, batch_;
  std::string stream_;
  Passes passes_;
};

}  // namespace kdseg::data

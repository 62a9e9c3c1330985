// Counter-based random numbers (Philox4x32-10): every draw is addressed, none depends on thread
// order.
#pragma once
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace kdseg {

/// One block of Philox4x32-10: four 32-bit numbers from a 128-bit counter and a 64-bit key.
/// Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
std::array<uint32_t, 4> philox4x32_10(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// A stream of random numbers named by (seed, index, name). Equal names give equal numbers on any
/// thread and platform; the position can be saved and restored.
class Random {
 public:
  Random(uint64_t seed, uint64_t index, std::string_view stream);

  uint32_t bits();                          ///< uniform over all 32-bit numbers
  double uniform();                         ///< [0, 1), 53 bits
  double uniform(double low, double high);  ///< [low, high)
  double normal();                          ///< mean 0, standard deviation 1 (Box-Muller)
  double normal(double mean, double deviation);
  uint64_t below(uint64_t n);  ///< 0 .. n-1, unbiased; n > 0
  template <class T>
  void shuffle(std::vector<T>& items) {  ///< Fisher-Yates
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  /// A standard normal for a fixed place of this stream, independent of what was drawn before;
  /// lets threads fill a field of noise in any order.
  double normal_at(uint64_t place) const;

  /// Four 32-bit numbers for a fixed place of this stream, as above. Their stream is that of
  /// normal_at(): a name serves one of them.
  std::array<uint32_t, 4> words_at(uint64_t place) const { return block(place, 1); }

  uint64_t position() const { return position_; }  ///< 32-bit numbers drawn so far
  void seek(uint64_t position) { position_ = position; }

 private:
  std::array<uint32_t, 4> block(uint64_t number, uint32_t lane) const;
  std::array<uint32_t, 2> key_;
  uint32_t name_high_, name_low_;
  uint64_t position_ = 0;
  uint64_t cached_ = UINT64_MAX;
  std::array<uint32_t, 4> cache_{};
};

/// The numbers 0 .. n-1 in random order.
std::vector<int64_t> random_order(int64_t n, Random& random);

}  // namespace kdseg

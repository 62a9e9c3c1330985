// One statistic of a cohort and the window that it must lie in.
#pragma once
#include <string>
#include <vector>

namespace kdseg::phantom {

struct Gate {
  std::string name, meaning;
  double value = 0;  ///< not a number where no voxel or case allows it
  double low = 0, high = 0;
  bool binding = false;  ///< otherwise only reported
  bool passed() const { return value >= low && value <= high; }
};

/// Not a number without values; the mean of the middle two of an even number.
double median(std::vector<double> values);

}  // namespace kdseg::phantom

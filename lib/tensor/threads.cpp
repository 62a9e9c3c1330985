#include "tensor/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace kdseg::tensor {

int worthwhile_threads(double macs, int given) {
  constexpr double least_macs = 0.5e9;  // a core does some 2e10 a second
  return static_cast<int>(std::clamp(macs / least_macs, 1.0, static_cast<double>(given)));
}

void use_threads_for(double macs, int given) {
  const int threads = worthwhile_threads(macs, std::max(1, given));
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

}  // namespace kdseg::tensor

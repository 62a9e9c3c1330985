#include "models/networks/input_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::models {

void check_input(const Network& network, const std::string& name, const at::Tensor& image,
                 int64_t channels, std::span<const std::string> wanted) {
  const int64_t multiple = network.size_multiple(), axes = network.dimensions();
  bool fits = image.dim() == 2 + axes && image.size(1) == channels;
  for (int64_t axis = 2; fits && axis < 2 + axes; ++axis)
    fits = image.size(axis) > 0 && image.size(axis) % multiple == 0;
  if (!fits)
    throw DataError("{}: input is [{}], expected [N, {}, {}H, W] with {}H and W multiples of {}",
                    name, fmt::join(image.sizes(), ", "), channels, axes == 3 ? "D, " : "",
                    axes == 3 ? "D, " : "", multiple);
  if (wanted.empty()) return;
  const auto known = network.extras();
  for (const auto& map : wanted)
    if (std::find(known.begin(), known.end(), map) == known.end())
      throw UsageError("{} has no map '{}'{}", name, map, did_you_mean(map, known));
}

}  // namespace kdseg::models

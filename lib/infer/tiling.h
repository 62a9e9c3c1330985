// How windows lie over a volume and how much each of their voxels counts.
#pragma once
#include <cstdint>
#include <vector>

namespace kdseg::infer {

/// gaussian: voxels near a window's border, where a network sees least, count least (standard
/// deviation 1/8 of the window's side; Isensee et al. 2021, nnU-Net). plain: all count alike.
enum class WindowWeights { gaussian, plain };

/// First voxels of the windows along one axis of `length` voxels: the fewest that cover it with
/// neighbors sharing at least `overlap` of `window`, spread evenly. {0} where one window suffices.
std::vector<int64_t> window_starts(int64_t length, int64_t window, double overlap);

/// Weight of each voxel of a window along one axis, largest 1 at its center; all positive.
std::vector<float> window_profile(int64_t window, WindowWeights weights);

/// The least multiple of `multiple` that is not below `length` and `minimum`.
int64_t padded_length(int64_t length, int64_t multiple, int64_t minimum);

}  // namespace kdseg::infer

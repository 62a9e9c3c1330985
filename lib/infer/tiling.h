// How windows lie over a volume and how much each of their voxels counts.
#pragma once
#include <cstdint>
#include <vector>

namespace kdseg::infer {

/// gaussian: voxels near a window's border, where a network sees least, count least (standard
/// deviation 1/8 of the window's side; Isensee et al. 2021, nnU-Net). plain: all count alike.
/// center: only voxels farther than half of what neighbors share from the window's border count,
/// except where the volume itself ends (official code of U-HVED, Dorent et al. 2019: window 128,
/// overlap 20/128, so a border of 10).
enum class WindowWeights { gaussian, plain, center };

/// First voxels of the windows along one axis of `length` voxels: the fewest that cover it with
/// neighbors sharing at least `overlap` of `window`, spread evenly. {0} where one window suffices.
std::vector<int64_t> window_starts(int64_t length, int64_t window, double overlap);

/// Where a window lies on an axis, and the fraction of it that neighbors share at least. As it
/// stands: the only window of its axis.
struct WindowPlace {
  int64_t start = 0, length = 0;
  double overlap = 0;
};

/// Weight of each voxel of a window along one axis, largest 1 at its center; all positive but the
/// borders that `center` leaves out. Every voxel of the axis counts in some window.
std::vector<float> window_profile(int64_t window, WindowWeights weights,
                                  const WindowPlace& place = {});

/// The least multiple of `multiple` that is not below `length` and `minimum`.
int64_t padded_length(int64_t length, int64_t multiple, int64_t minimum);

}  // namespace kdseg::infer

// Steps that move voxels without changing them, composed: however many turns and boxes lie between
// two grids, voxels are copied once.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include "base/volume.h"

namespace kdseg::voxels {

/// What of an array [z][y][x] is seen after some steps, and where it lies.
class Window {
 public:
  /// The whole of an array of this size (x, y, z).
  explicit Window(const std::array<int64_t, 3>& size);

  /// Looks through one more step. What a box cuts away does not come back behind a larger one.
  /// \return false, and nothing is changed: the step computes new values (Resample)
  bool add(const Step& step);

  const std::array<int64_t, 3>& size() const { return size_; }

  /// Appends what is seen, `fill` where the array ends.
  template <class T>
  void append(const T* in, T fill, std::vector<T>& out) const {
    out.reserve(out.size() + static_cast<size_t>(size_[0] * size_[1] * size_[2]));
    for (int64_t z = 0; z < size_[2]; ++z)
      for (int64_t y = 0; y < size_[1]; ++y) append_row(in, y, z, fill, out);
  }

 private:
  void turn(const Reorient& step);
  void cut(const Box& step);

  template <class T>
  void append_row(const T* in, int64_t y, int64_t z, T fill, std::vector<T>& out) const {
    const bool seen =
        y >= low_[1] && y < high_[1] && z >= low_[2] && z < high_[2] && low_[0] < high_[0];
    if (!seen) {
      out.insert(out.end(), static_cast<size_t>(size_[0]), fill);
      return;
    }
    const int64_t stride = stride_[0];
    const T* from = in + start_ + z * stride_[2] + y * stride_[1] + low_[0] * stride;
    const int64_t count = high_[0] - low_[0];
    out.insert(out.end(), static_cast<size_t>(low_[0]), fill);
    if (stride == 1)
      out.insert(out.end(), from, from + count);
    else if (stride == -1)
      out.insert(out.end(), std::make_reverse_iterator(from + 1),
                 std::make_reverse_iterator(from + 1 - count));
    else
      for (int64_t x = 0; x < count; ++x) out.push_back(from[x * stride]);
    out.insert(out.end(), static_cast<size_t>(size_[0] - high_[0]), fill);
  }

  std::array<int64_t, 3> size_;
  int64_t start_ = 0;                  ///< place in the array of voxel 0 of the window
  std::array<int64_t, 3> stride_;      ///< in the array, per axis of the window
  std::array<int64_t, 3> low_, high_;  ///< the part of the window that the array fills
};

/// The box of the turned array that holds what `box` holds in an array of size `before`.
Box turned(const Box& box, const std::array<int64_t, 3>& before, const Reorient& step);

}  // namespace kdseg::voxels

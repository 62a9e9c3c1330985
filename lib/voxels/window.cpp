#include "voxels/window.h"

namespace kdseg::voxels {

Window::Window(const std::array<int64_t, 3>& size)
    : size_(size), stride_{1, size[0], size[0] * size[1]}, low_{0, 0, 0}, high_(size) {}

bool Window::add(const Step& step) {
  if (const auto* to = std::get_if<Reorient>(&step)) turn(*to);
  if (const auto* box = std::get_if<Box>(&step)) cut(*box);
  return !std::holds_alternative<Resample>(step);
}

void Window::turn(const Reorient& step) {
  const Window before = *this;
  for (size_t i = 0; i < 3; ++i) {
    const auto from = static_cast<size_t>(step.axis[i]);
    size_[i] = before.size_[from];
    stride_[i] = before.stride_[from];
    low_[i] = before.low_[from];
    high_[i] = before.high_[from];
    if (!step.flip[i]) continue;
    start_ += stride_[i] * (size_[i] - 1);
    stride_[i] = -stride_[i];
    std::swap(low_[i], high_[i]);
    low_[i] = size_[i] - low_[i];
    high_[i] = size_[i] - high_[i];
  }
}

void Window::cut(const Box& step) {
  for (size_t i = 0; i < 3; ++i) {
    start_ += step.begin[i] * stride_[i];
    size_[i] = step.size[i];
    low_[i] = std::clamp<int64_t>(low_[i] - step.begin[i], 0, size_[i]);
    high_[i] = std::clamp<int64_t>(high_[i] - step.begin[i], low_[i], size_[i]);
  }
}

Box turned(const Box& box, const std::array<int64_t, 3>& before, const Reorient& step) {
  Box out;
  for (size_t i = 0; i < 3; ++i) {
    const auto from = static_cast<size_t>(step.axis[i]);
    out.size[i] = box.size[from];
    out.begin[i] = step.flip[i] ? before[from] - box.begin[from] - box.size[from] : box.begin[from];
  }
  return out;
}

}  // namespace kdseg::voxels

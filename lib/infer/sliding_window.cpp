#include "infer/sliding_window.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

#include "base/errors.h"

namespace kdseg::infer {
namespace {

/// Padding of the last axes of a tensor to wanted lengths, half of it on either side.
struct Padding {
  std::vector<int64_t> before, length;  ///< per spatial axis, first to last

  Padding(const at::Tensor& image, const std::vector<int64_t>& wanted) {
    const auto first = image.dim() - static_cast<int64_t>(wanted.size());
    for (size_t a = 0; a < wanted.size(); ++a) {
      length.push_back(image.size(first + static_cast<int64_t>(a)));
      before.push_back((wanted[a] - length[a]) / 2);
    }
  }

  /// `background` is what padding holds: [N, C, 1, ...], or undefined for 0.
  static at::Tensor add(const at::Tensor& image, const std::vector<int64_t>& wanted,
                        const at::Tensor& background) {
    const Padding padding(image, wanted);
    std::vector<int64_t> sides;  // last axis first
    bool needed = false;
    for (size_t a = wanted.size(); a-- > 0;) {
      sides.push_back(padding.before[a]);
      sides.push_back(wanted[a] - padding.length[a] - padding.before[a]);
      needed = needed || wanted[a] != padding.length[a];
    }
    if (!needed) return image;
    if (!background.defined()) return at::constant_pad_nd(image, sides, 0);
    return at::constant_pad_nd(image - background, sides, 0) + background;
  }

  at::Tensor cut(at::Tensor padded) const {
    const auto first = padded.dim() - static_cast<int64_t>(length.size());
    for (size_t a = 0; a < length.size(); ++a)
      padded = padded.narrow(first + static_cast<int64_t>(a), before[a], length[a]);
    return padded;
  }
};

/// A pass over an image [N, C, spatial...] of any size.
at::Tensor padded_pass(const Pass& pass, const at::Tensor& image, const at::Tensor& background) {
  std::vector<int64_t> wanted;
  for (int64_t a = 2; a < image.dim(); ++a)
    wanted.push_back(padded_length(image.size(a), pass.multiple, pass.minimum));
  return Padding(image, wanted).cut(pass.compute(Padding::add(image, wanted, background)));
}

/// The windows along one axis of an image [N, C, spatial...], each with its weights.
struct Row {
  std::vector<int64_t> starts;
  std::vector<at::Tensor> weights;

  Row(int64_t axis, int64_t axes, int64_t length, int64_t window, double overlap,
      WindowWeights kind, at::Device device)
      : starts(window_starts(length, window, overlap)) {
    std::vector<int64_t> shape(static_cast<size_t>(axes), 1);
    shape[static_cast<size_t>(axis)] = window;
    for (const int64_t start : starts)
      weights.push_back(at::tensor(window_profile(window, kind, {start, length, overlap}))
                            .view(shape)
                            .to(device));
  }
};

/// Calls `visit` with one index per row, the last row's fastest.
void for_each_window(const std::vector<Row>& rows,
                     const std::function<void(const std::vector<size_t>&)>& visit) {
  std::vector<size_t> index(rows.size(), 0);
  for (;;) {
    visit(index);
    size_t axis = rows.size();
    while (axis > 0 && ++index[axis - 1] == rows[axis - 1].starts.size()) index[--axis] = 0;
    if (axis == 0) return;
  }
}

/// Windows of `window` voxels over an image [N, C, spatial...]; sizes by axis, first to last.
at::Tensor windows(const Pass& pass, const std::vector<int64_t>& window, double overlap,
                   const at::Tensor& image, const at::Tensor& background, WindowWeights weights) {
  std::vector<int64_t> extent;
  for (size_t a = 0; a < window.size(); ++a)
    extent.push_back(std::max(image.size(2 + static_cast<int64_t>(a)), window[a]));
  const at::Tensor padded = Padding::add(image, extent, background);
  std::vector<Row> rows;
  for (size_t a = 0; a < window.size(); ++a)
    rows.emplace_back(2 + static_cast<int64_t>(a), image.dim(), extent[a], window[a], overlap,
                      weights, image.device());

  const auto sized = [&](int64_t n, int64_t channels) {
    std::vector<int64_t> shape{n, channels};
    shape.insert(shape.end(), extent.begin(), extent.end());
    return shape;
  };
  at::Tensor sum;
  at::Tensor total = at::zeros(sized(1, 1), image.options().dtype(at::kFloat));
  for_each_window(rows, [&](const std::vector<size_t>& index) {
    const auto place = [&](at::Tensor whole) {
      for (size_t a = 0; a < rows.size(); ++a)
        whole = whole.narrow(2 + static_cast<int64_t>(a), rows[a].starts[index[a]], window[a]);
      return whole;
    };
    at::Tensor weight = rows[0].weights[index[0]];
    for (size_t a = 1; a < rows.size(); ++a) weight = weight * rows[a].weights[index[a]];
    const at::Tensor part = padded_pass(pass, place(padded).contiguous(), background);
    if (!sum.defined()) sum = at::zeros(sized(image.size(0), part.size(1)), total.options());
    place(sum).add_(part * weight);
    place(total).add_(weight);
  });
  return Padding(image, extent).cut(sum.div_(total));
}

at::Tensor slices(const Pass& pass, const Tiling& tiling, const at::Tensor& image,
                  const at::Tensor& background, WindowWeights weights) {
  const int64_t n = image.size(0), depth = image.size(2);
  const at::Tensor stack = image.transpose(1, 2).flatten(0, 1);  // [N * D, C, H, W]
  at::Tensor behind;                                             // [N * D, C, 1, 1]
  if (background.defined()) behind = background.flatten(2).repeat_interleave(depth, 0).unsqueeze(3);
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < stack.size(0); i += pass.slices_at_once) {
    const int64_t count = std::min(pass.slices_at_once, stack.size(0) - i);
    const at::Tensor some = stack.narrow(0, i, count).contiguous();
    const at::Tensor outside = behind.defined() ? behind.narrow(0, i, count) : behind;
    parts.push_back(tiling.size[0] > 0 ? windows(pass, {tiling.size[1], tiling.size[0]},
                                                 tiling.overlap, some, outside, weights)
                                       : padded_pass(pass, some, outside));
  }
  return at::cat(parts).unflatten(0, {n, depth}).transpose(1, 2);
}

}  // namespace

void check_tiling(const Tiling& tiling, int64_t multiple, int64_t minimum) {
  const auto& size = tiling.size;
  if (tiling.kind == Tiling::Kind::window)
    for (const int64_t side : size)
      if (side < 1) throw UsageError("tiling: a window without a size");
  if (tiling.kind != Tiling::Kind::slices || (size[0] == 0 && size[1] == 0)) return;
  const auto fits = [&](int64_t side) { return side >= minimum && side % multiple == 0; };
  if (!fits(size[0]) || !fits(size[1]) || size[2] > 1)
    throw UsageError(
        "slices of {}x{}x{} voxels: the network takes multiples of {} from {} in x and y, and 1 in "
        "z",
        size[0], size[1], size[2], multiple, minimum);
}

at::Tensor sliding_window(const Pass& pass, const Tiling& tiling, const at::Tensor& image,
                          WindowWeights weights) {
  check_tiling(tiling, pass.multiple, pass.minimum);
  at::Tensor background;
  if (pass.minimum_outside) background = image.amin({2, 3, 4}, /*keepdim=*/true);
  const auto& size = tiling.size;
  if (tiling.kind == Tiling::Kind::window)
    return windows(pass, {size[2], size[1], size[0]}, tiling.overlap, image, background, weights);
  if (tiling.kind == Tiling::Kind::slices) return slices(pass, tiling, image, background, weights);
  return padded_pass(pass, image, background);
}

}  // namespace kdseg::infer

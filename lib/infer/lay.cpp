#include "infer/lay.h"

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

/// The windows along one axis of an image [N, C, D, H, W], each with its weights.
struct Row {
  std::vector<int64_t> starts;
  std::vector<at::Tensor> weights;

  Row(int64_t axis, int64_t length, int64_t window, double overlap, WindowWeights kind,
      at::Device device)
      : starts(window_starts(length, window, overlap)) {
    std::vector<int64_t> shape(5, 1);
    shape[static_cast<size_t>(axis)] = window;
    for (const int64_t start : starts)
      weights.push_back(at::tensor(window_profile(window, kind, {start, length, overlap}))
                            .view(shape)
                            .to(device));
  }
};

at::Tensor windows(const Pass& pass, const Tiling& tiling, const at::Tensor& image,
                   const at::Tensor& background, WindowWeights weights) {
  const std::vector<int64_t> window{tiling.size[2], tiling.size[1], tiling.size[0]};
  std::vector<int64_t> extent;
  for (int64_t a = 0; a < 3; ++a) {
    if (window[static_cast<size_t>(a)] < 1) throw UsageError("tiling: a window without a size");
    extent.push_back(std::max(image.size(2 + a), window[static_cast<size_t>(a)]));
  }
  const at::Tensor padded = Padding::add(image, extent, background);
  std::vector<Row> rows;
  for (size_t a = 0; a < 3; ++a)
    rows.emplace_back(2 + static_cast<int64_t>(a), extent[a], window[a], tiling.overlap, weights,
                      image.device());

  const auto place = [&](const at::Tensor& whole, int64_t z, int64_t y, int64_t x) {
    return whole.narrow(2, z, window[0]).narrow(3, y, window[1]).narrow(4, x, window[2]);
  };
  at::Tensor sum;
  at::Tensor total =
      at::zeros({1, 1, extent[0], extent[1], extent[2]}, image.options().dtype(at::kFloat));
  for (size_t k = 0; k < rows[0].starts.size(); ++k)
    for (size_t j = 0; j < rows[1].starts.size(); ++j)
      for (size_t i = 0; i < rows[2].starts.size(); ++i) {
        const int64_t z = rows[0].starts[k], y = rows[1].starts[j], x = rows[2].starts[i];
        const at::Tensor weight = rows[0].weights[k] * rows[1].weights[j] * rows[2].weights[i];
        const at::Tensor part = padded_pass(pass, place(padded, z, y, x).contiguous(), background);
        if (!sum.defined())
          sum = at::zeros({image.size(0), part.size(1), extent[0], extent[1], extent[2]},
                          total.options());
        place(sum, z, y, x).add_(part * weight);
        place(total, z, y, x).add_(weight);
      }
  return Padding(image, extent).cut(sum.div_(total));
}

at::Tensor slices(const Pass& pass, const at::Tensor& image, const at::Tensor& background) {
  const int64_t n = image.size(0), depth = image.size(2);
  const at::Tensor stack = image.transpose(1, 2).flatten(0, 1);  // [N * D, C, H, W]
  at::Tensor behind;                                             // [N * D, C, 1, 1]
  if (background.defined()) behind = background.flatten(2).repeat_interleave(depth, 0).unsqueeze(3);
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < stack.size(0); i += pass.slices_at_once) {
    const int64_t count = std::min(pass.slices_at_once, stack.size(0) - i);
    parts.push_back(padded_pass(pass, stack.narrow(0, i, count).contiguous(),
                                behind.defined() ? behind.narrow(0, i, count) : behind));
  }
  return at::cat(parts).unflatten(0, {n, depth}).transpose(1, 2);
}

}  // namespace

at::Tensor lay(const Pass& pass, const Tiling& tiling, const at::Tensor& image,
               WindowWeights weights) {
  at::Tensor background;
  if (pass.minimum_outside) background = image.amin({2, 3, 4}, /*keepdim=*/true);
  switch (tiling.kind) {
    case Tiling::Kind::whole:
      return padded_pass(pass, image, background);
    case Tiling::Kind::window:
      return windows(pass, tiling, image, background, weights);
    case Tiling::Kind::slices:
      return slices(pass, image, background);
    case Tiling::Kind::box:
      break;
  }
  throw UsageError("tiling 'box' needs a box per case; expected whole, window or slices");
}

}  // namespace kdseg::infer

#include "train/panels.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>

namespace kdseg::train {
namespace {

constexpr int64_t gap = 2;         ///< pixels between slices
constexpr uint8_t gap_value = 96;  ///< dark gray: black and white occur in slices

/// The middle slice [1, C, H, W].
at::Tensor middle_slice(const Volume& volume, at::Device device) {
  const auto& size = volume.data.image.grid.size;
  const auto channels = static_cast<int64_t>(volume.data.image.channels.size());
  return at::from_blob(const_cast<float*>(volume.data.image.voxels.data()),
                       {channels, size[2], size[1], size[0]}, at::kFloat)
      .select(1, size[2] / 2)
      .unsqueeze(0)
      .to(device);
}

at::Tensor made_by(const models::Model& generator, const at::Tensor& image) {
  tensor::Input input;
  input.image = image;
  return generator.network->forward(input).logits;
}

/// Writes a slice [1, C, H, W] into its place.
void draw(Picture& picture, const at::Tensor& slice, int64_t left, int64_t top) {
  const at::Tensor plane = slice.select(0, 0).select(0, 0).to(at::kCPU, at::kFloat).contiguous();
  const float* value = plane.const_data_ptr<float>();
  for (int64_t y = 0; y < plane.size(0); ++y)
    for (int64_t x = 0; x < plane.size(1); ++x, ++value) {
      const double level = std::clamp((static_cast<double>(*value) + 1) * 127.5, 0.0, 255.0);
      const size_t at = static_cast<size_t>(((top + y) * picture.width + left + x) * 3);
      std::fill_n(picture.rgb.begin() + static_cast<std::ptrdiff_t>(at), 3,
                  static_cast<uint8_t>(std::lround(level)));
    }
}

}  // namespace

Picture panels_of(const methods::TranslationSetup& translation,
                  const std::array<data::CaseStore*, 2>& cases, int64_t count, at::Device device) {
  const at::NoGradGuard guard;
  std::vector<std::array<at::Tensor, 3>> rows;
  int64_t height = 0, width = 0;
  for (size_t d = 0; d < 2; ++d) {
    const auto& there = d == 0 ? translation.there.model : translation.back.model;
    const auto& back = d == 0 ? translation.back.model : translation.there.model;
    for (int64_t i = 0; i < std::min(count, cases[d]->size()); ++i) {
      const at::Tensor slice = middle_slice(*cases[d]->get(i), device);
      const at::Tensor own =
          slice.narrow(1, 0, static_cast<int64_t>(there.contract.channels.size()));
      const at::Tensor made = made_by(there, own);
      rows.push_back({own, made, made_by(back, made)});
      height = std::max(height, own.size(2));
      width = std::max(width, own.size(3));
    }
  }
  Picture picture;
  picture.width = static_cast<int>(3 * (width + gap) - gap);
  picture.height = static_cast<int>(static_cast<int64_t>(rows.size()) * (height + gap) - gap);
  picture.rgb.assign(static_cast<size_t>(picture.width) * static_cast<size_t>(picture.height) * 3,
                     gap_value);
  for (size_t row = 0; row < rows.size(); ++row)
    for (size_t column = 0; column < 3; ++column)
      draw(picture, rows[row][column], static_cast<int64_t>(column) * (width + gap),
           static_cast<int64_t>(row) * (height + gap));
  return picture;
}

}  // namespace kdseg::train

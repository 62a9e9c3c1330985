#include "models/networks/subsets/fusion.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/square.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/errors.h"

namespace kdseg::models {
namespace {

/// Sums and variances of half types would lose what the images have in common.
at::Tensor widened(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

/// Sum of f(map) over the given images.
template <class Function>
at::Tensor sum_over(const ImageMaps& maps, const Availability& given, const Function& f) {
  at::Tensor sum;
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto image = static_cast<int64_t>(i);
    if (given.none(image)) continue;
    const at::Tensor value = given.only_given(f(widened(maps[i])), image);
    sum = sum.defined() ? sum + value : value;
  }
  return sum;
}

}  // namespace

Availability::Availability(const at::Tensor& present, int64_t samples, int64_t images,
                           const std::string& network)
    : samples_(samples), images_(images), given_(static_cast<size_t>(samples * images), true) {
  if (!present.defined()) return;
  if (present.dim() != 2 || present.size(0) != samples || present.size(1) != images)
    throw DataError("{}: present is [{}], expected [{}, {}]", network,
                    fmt::join(present.sizes(), ", "), samples, images);
  const at::Tensor values = present.to(at::kCPU, at::kFloat).contiguous();
  const float* value = values.const_data_ptr<float>();
  for (int64_t i = 0; i < samples * images; ++i) given_[static_cast<size_t>(i)] = value[i] != 0.0f;
  for (int64_t n = 0; n < samples; ++n) {
    const auto first = given_.begin() + n * images;
    if (std::none_of(first, first + images, [](bool g) { return g; }))
      throw DataError("{}: sample {} has none of its {} images, expected at least one", network, n,
                      images);
  }
}

int64_t Availability::count_of_image(int64_t image) const {
  int64_t count = 0;
  for (int64_t n = 0; n < samples_; ++n)
    count += given_[static_cast<size_t>(n * images_ + image)] ? 1 : 0;
  return count;
}

at::Tensor Availability::counts(const at::Tensor& like) const {
  std::vector<double> counts;
  for (int64_t n = 0; n < samples_; ++n) {
    const auto first = given_.begin() + n * images_;
    counts.push_back(static_cast<double>(std::count(first, first + images_, true)));
  }
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[0] = samples_;
  return at::tensor(counts, at::kDouble).to(like.device(), like.scalar_type()).view(shape);
}

at::Tensor Availability::only_given(const at::Tensor& x, int64_t image) const {
  if (all(image)) return x;
  std::vector<int64_t> lacking;
  for (int64_t n = 0; n < samples_; ++n)
    lacking.push_back(given_[static_cast<size_t>(n * images_ + image)] ? 0 : 1);
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[0] = samples_;
  // Not a product with 0: what is not given may be no number.
  return x.masked_fill(at::tensor(lacking, at::kLong).to(x.device(), at::kBool).view(shape), 0.0);
}

at::Tensor mean_and_variance(const ImageMaps& maps, const Availability& given, bool unbiased) {
  const at::Tensor sum = sum_over(maps, given, [](const at::Tensor& x) { return x; });
  const at::Tensor counts = given.counts(sum);
  const at::Tensor mean = sum / counts;
  const at::Tensor squares =
      sum_over(maps, given, [&](const at::Tensor& x) { return at::square(x - mean); });
  return at::cat({mean, squares / (unbiased ? at::clamp(counts - 1.0, 1.0) : counts)}, 1);
}

Gaussian product_of_gaussians(const ImageMaps& maps, const Availability& given) {
  constexpr double tiny = 1e-7;
  const auto precision = [](const at::Tensor& x) {
    const int64_t channels = x.size(1) / 2;
    return at::reciprocal(at::exp(at::clamp(x.narrow(1, channels, channels), -50.0, 50.0)) + tiny);
  };
  ImageMaps both(maps.size());  // precisions, and means times precisions
  for (size_t i = 0; i < maps.size(); ++i) {
    if (given.none(static_cast<int64_t>(i))) continue;
    const at::Tensor x = widened(maps[i]), t = precision(x);
    both[i] = at::cat({t, t * x.narrow(1, 0, t.size(1))}, 1);
  }
  const at::Tensor sums = sum_over(both, given, [](const at::Tensor& x) { return x; });
  const int64_t channels = sums.size(1) / 2;
  const at::Tensor variance = at::reciprocal(sums.narrow(1, 0, channels) + 1.0);
  return {sums.narrow(1, channels, channels) * variance, at::log(variance + tiny)};
}

}  // namespace kdseg::models

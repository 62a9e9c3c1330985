#include "losses/latent_kl.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/square.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/errors.h"
#include "losses/latent_kl_kernel.h"
#include "losses/objective.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

constexpr double tiny = 1e-7;
constexpr int64_t most_images = 10;

/// Given images per sample as bits. \throws DataError  what latent_kl says
std::vector<unsigned> given_images(const at::Tensor& posterior, const at::Tensor& present) {
  const int64_t samples = posterior.dim() >= 3 ? posterior.size(0) : 0;
  const int64_t images = posterior.dim() >= 3 ? posterior.size(1) : 0;
  if (samples < 1 || images < 1 || images > most_images || posterior.size(2) % 2 != 0 ||
      (present.defined() && present.sizes() != at::IntArrayRef({samples, images})))
    throw DataError(
        "latent-kl: posterior is [{}], present [{}]; expected [N, M, 2 C, ...] of at most {} "
        "images and [N, M]",
        fmt::join(posterior.sizes(), ", "),
        present.defined() ? fmt::format("{}", fmt::join(present.sizes(), ", ")) : "none",
        most_images);
  std::vector<unsigned> given(static_cast<size_t>(samples), (1u << images) - 1u);
  if (!present.defined()) return given;
  const at::Tensor values = present.to(at::kCPU, at::kFloat).contiguous();
  const float* value = values.const_data_ptr<float>();
  for (auto& bits : given) {
    bits = 0;
    for (int64_t m = 0; m < images; ++m)
      if (*value++ != 0.0f) bits |= 1u << m;
    if (bits == 0) throw DataError("latent-kl: a sample without any image");
  }
  return given;
}

/// Factors of the sums over subsets: between them, and to the prior; of means over elements.
struct Factors {
  double between, prior;
};

Factors factors(int64_t images, const LatentKlOptions& options) {
  const double subsets = static_cast<double>((int64_t{1} << images) - 1);
  return {1.0 / std::max(1.0, options.divide_by_all ? subsets : subsets - 1.0), 1.0 / subsets};
}

struct Products {
  at::Tensor mean, log_variance;
};

Products products(const at::Tensor& precision, const at::Tensor& weighted) {
  const at::Tensor variance = at::reciprocal(precision);
  return {weighted * variance, at::log(variance + tiny)};
}

/// By LibTorch's own operations, for any device and type.
at::Tensor plain(const at::Tensor& posterior, const std::vector<unsigned>& given, Factors f) {
  const int64_t samples = posterior.size(0), images = posterior.size(1);
  const int64_t channels = posterior.size(2) / 2;
  std::vector<at::Tensor> precision, weighted;  // per image
  for (int64_t m = 0; m < images; ++m) {
    const at::Tensor one = posterior.select(1, m);
    precision.push_back(
        at::reciprocal(at::exp(at::clamp(one.narrow(1, channels, channels), -50.0, 50.0)) + tiny));
    weighted.push_back(precision.back() * one.narrow(1, 0, channels));
  }
  // Every subset is one with an image less, plus that image: sums[0] is the prior alone.
  std::vector<at::Tensor> precisions{at::ones_like(precision[0].detach())};
  std::vector<at::Tensor> weighteds{at::zeros_like(weighted[0].detach())};
  for (size_t subset = 1; subset >> images == 0; ++subset) {
    const auto lowest = static_cast<size_t>(std::countr_zero(subset));
    const size_t rest = subset & (subset - 1);
    precisions.push_back(precisions[rest] + precision[lowest]);
    weighteds.push_back(weighteds[rest] + weighted[lowest]);
  }
  std::vector<at::Tensor> own_precision, own_weighted;  // of each sample's given images
  for (int64_t n = 0; n < samples; ++n) {
    own_precision.push_back(precisions[given[static_cast<size_t>(n)]].select(0, n));
    own_weighted.push_back(weighteds[given[static_cast<size_t>(n)]].select(0, n));
  }
  const Products own = products(at::stack(own_precision), at::stack(own_weighted));
  precisions.erase(precisions.begin());
  weighteds.erase(weighteds.begin());
  const auto subsets = static_cast<double>(precisions.size());
  const Products every = products(at::stack(precisions), at::stack(weighteds));
  const at::Tensor zero = at::zeros_like(own.mean.detach());
  const at::Tensor between =
      at::mean(gaussian_kl(own.mean, own.log_variance, every.mean, every.log_variance));
  const at::Tensor prior = at::mean(gaussian_kl(every.mean, every.log_variance, zero, zero));
  return between * (f.between * subsets) + prior * (f.prior * subsets);
}

/// One channel of one sample from element `begin` on.
LatentChunk chunk_at(const at::Tensor& x, const at::Tensor& gradient, int64_t sample,
                     int64_t channel, int64_t begin, unsigned given) {
  const int64_t images = x.size(1), channels = x.size(2) / 2;
  const int64_t voxels = x.numel() / (x.size(0) * images * 2 * channels);
  LatentChunk chunk{};
  chunk.images = images;
  chunk.count = std::min(latent_chunk_size, voxels - begin);
  chunk.given = given;
  for (int64_t m = 0; m < images; ++m) {
    const auto i = static_cast<size_t>(m);
    const int64_t at = ((sample * images + m) * 2 * channels + channel) * voxels + begin;
    chunk.mean[i] = x.const_data_ptr<float>() + at;
    chunk.log_variance[i] = chunk.mean[i] + channels * voxels;
    if (!gradient.defined()) continue;
    chunk.d_mean[i] = gradient.data_ptr<float>() + at;
    chunk.d_log_variance[i] = chunk.d_mean[i] + channels * voxels;
  }
  return chunk;
}

/// Loss and gradient in one pass; float32 on the CPU.
struct Fused : torch::autograd::Function<Fused> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const std::vector<int64_t>& given, double between, double prior) {
    const at::Tensor x = input.contiguous();
    const at::Tensor gradient = input.requires_grad() ? at::empty_like(x) : at::Tensor();
    const int64_t samples = x.size(0), channels = x.size(2) / 2;
    const int64_t elements = x.numel() / (2 * x.size(1)), voxels = elements / (samples * channels);
    const int64_t per_row = (voxels + latent_chunk_size - 1) / latent_chunk_size;
    const double half = 0.5 / static_cast<double>(elements);
    // Sums per chunk, added in order: equal for any number of threads.
    std::vector<double> sums(static_cast<size_t>(samples * channels * per_row));
    at::parallel_for(0, static_cast<int64_t>(sums.size()), 8, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t row = i / per_row, sample = row / channels;
        LatentChunk chunk =
            chunk_at(x, gradient, sample, row % channels, i % per_row * latent_chunk_size,
                     static_cast<unsigned>(given[static_cast<size_t>(sample)]));
        chunk.between = static_cast<float>(between);
        chunk.prior = static_cast<float>(prior);
        sums[static_cast<size_t>(i)] = latent_kl_chunk(chunk);
      }
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    if (gradient.defined()) context->save_for_backward({gradient});
    context->saved_data["scale"] = half;
    return at::scalar_tensor(sum * half, x.options().requires_grad(false));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const double scale = context->saved_data["scale"].toDouble();
    return {at::mul(context->get_saved_variables()[0], at::mul(gradients[0], scale)), {}, {}, {}};
  }
};

Term latent_kl_term(const Parameters& p) {
  const LatentKlOptions options{.divide_by_all = p.text("subset-divisor") == "15"};
  Term term;
  for (int level = 0; level < 4; ++level)
    term.student_needs.push_back("posterior-" + std::to_string(level));
  term.value = [options, needs = term.student_needs](const Evidence& e) {
    at::Tensor sum;
    for (const auto& name : needs) {
      const at::Tensor one = latent_kl(e.student.extra.get(name), e.input.present, options);
      sum = sum.defined() ? sum + one : one;
    }
    return sum / static_cast<double>(needs.size());
  };
  return term;
}

}  // namespace

at::Tensor gaussian_kl(const at::Tensor& mean_1, const at::Tensor& log_variance_1,
                       const at::Tensor& mean_2, const at::Tensor& log_variance_2) {
  const at::Tensor apart = at::exp(log_variance_1) + at::square(mean_1 - mean_2);
  return (log_variance_2 - log_variance_1 - 1.0 + apart / (at::exp(log_variance_2) + tiny)) * 0.5;
}

at::Tensor latent_kl(const at::Tensor& posterior, const at::Tensor& present,
                     const LatentKlOptions& options) {
  const auto given = given_images(posterior, present);
  const Factors f = factors(posterior.size(1), options);
  const at::Tensor wide = widened(posterior);
  if (wide.device().is_cpu() && wide.scalar_type() == at::kFloat && wide.size(1) <= latent_images)
    return Fused::apply(wide, std::vector<int64_t>(given.begin(), given.end()), f.between, f.prior);
  return plain(wide, given, f);
}

TermRow latent_kl_row() {
  return {"latent-kl",
          "KL divergences of U-HVED's latents: the given images' to every subset's, theirs to the "
          "prior",
          "Dorent et al. 2019, arXiv:1907.11150, and the authors' code",
          {{"subset-divisor",
            Kind::choice,
            "14",
            "of the sum over subsets: 14: their number less one (the authors' code, four images); "
            "15: their number",
            -1e300,
            1e300,
            {"14", "15"}}},
          latent_kl_term};
}

}  // namespace kdseg::losses

#include "models/layers/convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/reflection_pad3d.h>
#include <ATen/ops/zeros.h>

#include "models/layers/work.h"
#include "tensor/noise.h"
#include "tensor/softmax_sum.h"

namespace kdseg::models {
namespace {

int64_t padding_of(const ConvolutionShape& s) {
  return s.padding == ConvolutionShape::same ? s.kernel / 2 : s.padding;
}

/// Whether a function of functions/convolution.h computes it.
bool is_plain(const ConvolutionShape& s) {
  return s.border == Border::zeros && s.groups == 1 && !s.transposed;
}
bool has_three_taps(const ConvolutionShape& s) {
  return is_plain(s) && s.kernel == 3 && s.stride == 1 && padding_of(s) == 1;
}
bool has_one_tap(const ConvolutionShape& s) {
  return is_plain(s) && s.kernel == 1 && s.stride == 1 && padding_of(s) == 0;
}

std::vector<int64_t> size_of_result(const Summand& summand) {
  const ConvolutionShape& s = summand.layer.shape();
  auto size = summand.x.sizes();
  size[1] = s.out;
  for (size_t axis = 2; axis < size.size(); ++axis)
    size[axis] = s.transposed
                     ? (size[axis] - 1) * s.stride - 2 * padding_of(s) + s.kernel + s.output_padding
                     : (size[axis] + 2 * padding_of(s) - s.kernel) / s.stride + 1;
  return size;
}

void note_work(const Summand& summand) {
  const auto from = summand.x.sizes(), to = size_of_result(summand);
  const ConvolutionShape& s = summand.layer.shape();
  WorkCounter::note(summand.layer, summand.layer.weight, s.in, s.transposed ? from : to, to);
}

/// Every group by the kernels of whole convolutions, which few channels suit better than LibTorch's
/// grouped ones.
at::Tensor by_groups(const Convolution& layer, const at::Tensor& x, Route route) {
  const ConvolutionShape& s = layer.shape();
  const int64_t in = s.in / s.groups, out = s.out / s.groups;
  std::vector<at::Tensor> parts;
  for (int64_t g = 0; g < s.groups; ++g)
    parts.push_back(convolve(x.narrow(1, g * in, in), layer.weight.narrow(0, g * out, out),
                             layer.bias.defined() ? layer.bias.narrow(0, g * out, out) : layer.bias,
                             s.stride, padding_of(s), route));
  return beside_each_other(parts);
}

at::Tensor general(const Convolution& layer, const at::Tensor& input, Route route) {
  const ConvolutionShape& s = layer.shape();
  const int64_t padding = padding_of(s);
  if (is_plain(s)) return convolve(input, layer.weight, layer.bias, s.stride, padding, route);
  const bool simple_groups = s.groups > 1 && s.border == Border::zeros && !s.transposed;
  if (simple_groups && route == Route::automatic && input.device().is_cpu())
    return by_groups(layer, input, route);
  const auto axes = static_cast<size_t>(s.dimensions);
  at::Tensor x = input;
  std::vector<int64_t> zeros(axes, padding);
  if (s.border == Border::reflection && padding > 0) {
    const std::vector<int64_t> sides(2 * axes, padding);
    x = axes == 2 ? at::reflection_pad2d(x, sides) : at::reflection_pad3d(x, sides);
    zeros.assign(axes, 0);
  }
  return at::convolution(x, layer.weight, layer.bias, std::vector<int64_t>(axes, s.stride), zeros,
                         std::vector<int64_t>(axes, 1), s.transposed,
                         std::vector<int64_t>(axes, s.output_padding), s.groups);
}

/// A piece of maps with the weights that meet it, for convolve_3.
struct Read {
  Part part;
  bool shared;
  tensor::Noise::Kept name;  ///< of its convolution without dropout
};

/// All that convolutions read, piece by piece.
std::vector<Read> pieces_of(const std::vector<Summand>& summands) {
  std::vector<Read> reads;
  for (const auto& [layer, x] : summands) {
    int64_t first = 0;
    for (const auto& piece : x.pieces()) {
      const int64_t count = piece.part->x.size(1);
      Part part = *piece.part;
      part.weight = x.pieces().size() == 1 ? layer.weight : layer.weight.narrow(1, first, count);
      part.mask = piece.mask;
      reads.push_back({std::move(part), piece.shared, {&layer, "from " + std::to_string(first)}});
      first += count;
    }
  }
  return reads;
}

/// The convolution of parts that all samples share, without their dropout: from it what a sample
/// drops is taken away.
at::Tensor whole_of(const Part& a, const Part& b, const tensor::Noise::Kept& name,
                    const Context& context) {
  if (const at::Tensor* kept = context.noise->kept(name)) return *kept;
  const auto bare = [](const Part& part) { return Part{part.x, part.weight, {}}; };
  return context.noise->keep(name, convolve_3(bare(a), bare(b), {}, context.route));
}

at::Tensor of_three_taps(const std::vector<Summand>& summands, const at::Tensor& bias,
                         const Context& context, at::Tensor* spreads) {
  auto reads = pieces_of(summands);
  const auto drops_from_shared = [&](const Read& read) {
    return read.part.mask.defined() && read.shared && context.noise &&
           uses_whole(read.part.x, context.route);
  };
  Part& first = reads.at(0).part;
  if (reads.size() == 1) {
    if (drops_from_shared(reads[0])) first.whole = whole_of(first, {}, reads[0].name, context);
    return convolve_3(first, bias, context.route, spreads);
  }
  Part& second = reads.at(1).part;
  if (drops_from_shared(reads[0]) && drops_from_shared(reads[1]))
    return convolve_3(first, second, bias, context.route, spreads,
                      whole_of(first, second, {reads[0].name.first, "sum"}, context));
  for (auto& read : reads)
    if (drops_from_shared(read)) read.part.whole = whole_of(read.part, {}, read.name, context);
  return convolve_3(first, second, bias, context.route, spreads);
}

}  // namespace

Convolution::Convolution(const ConvolutionShape& shape) : shape_(shape) {
  std::vector<int64_t> sizes(static_cast<size_t>(2 + shape.dimensions), shape.kernel);
  sizes[0] = shape.transposed ? shape.in : shape.out;
  sizes[1] = (shape.transposed ? shape.out : shape.in) / shape.groups;
  weight = register_parameter("weight", at::zeros(sizes));
  if (shape.bias) bias = register_parameter("bias", at::zeros({shape.out}));
}

Maps Convolution::forward(const Maps& x, const Context& context) const {
  if (!x.is_meta() && has_one_tap(shape_) && x.pieces().size() == 1) {
    note_work({*this, x});
    Part part = *x.pieces().front().part;
    part.weight = weight;
    part.mask = x.pieces().front().mask;
    return convolve_1(part, bias, context.route);
  }
  return convolved({{*this, x}}, context);
}

void Convolution::add_softmax(const Maps& x, at::Tensor& sum, const Context& context) const {
  if (has_one_tap(shape_) && x.pieces().size() == 1) {
    note_work({*this, x});
    Part part = *x.pieces().front().part;
    part.weight = weight;
    part.mask = x.pieces().front().mask;
    add_softmax_of_convolve_1(part, bias, context.route, sum);
    return;
  }
  tensor::add_softmax(sum, forward(x, context).tensor().to(at::kFloat).contiguous());
}

at::Tensor convolved(const std::vector<Summand>& summands, const Context& context,
                     at::Tensor* spreads) {
  size_t pieces = 0;
  bool three_taps = true;
  at::Tensor bias;
  for (const auto& summand : summands) {
    note_work(summand);
    pieces += summand.x.pieces().size();
    three_taps = three_taps && has_three_taps(summand.layer.shape());
    const at::Tensor& own = summand.layer.bias;
    if (own.defined()) bias = bias.defined() ? bias + own : own;
  }
  const Maps& x = summands.front().x;
  if (x.is_meta())
    return at::empty(size_of_result(summands.front()), x.pieces().front().part->x.options());
  if (three_taps && pieces <= 2) return of_three_taps(summands, bias, context, spreads);
  at::Tensor sum;
  for (const auto& [layer, read] : summands) {
    const at::Tensor one = general(layer, read.tensor(), context.route);
    sum = sum.defined() ? sum + one : one;
  }
  return sum;
}

std::shared_ptr<Convolution> make_convolution(const ConvolutionShape& shape) {
  return std::make_shared<Convolution>(shape);
}

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t sum = 0;
  for (const auto& parameter : module.parameters()) sum += parameter.numel();
  return sum;
}

}  // namespace kdseg::models

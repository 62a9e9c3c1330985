#include "tensor/softmax_sum.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tensor/softmax_loop.h"
#include "tensor/versions.h"

namespace kdseg::tensor {
KDSEG_VERSIONS
void add_softmax_piece(const float* logits, int64_t logit_stride, int64_t classes, int64_t n,
                       float* kept, float* sum, int64_t sum_stride) {
  constexpr int64_t piece = softmax_piece;
  float highest[piece], total[piece];
  softmax_loop(logits, logit_stride, classes, n, highest, kept, piece, total);
  for (int64_t v = 0; v < n; ++v) total[v] = 1.0f / total[v];
  for (int64_t k = 0; k < classes; ++k) {
    const float* e = kept + k * piece;
    float* to = sum + k * sum_stride;
    for (int64_t v = 0; v < n; ++v) to[v] += e[v] * total[v];
  }
}

void add_softmax(at::Tensor& sum, const at::Tensor& logits) {
  const int64_t samples = logits.size(0), classes = logits.size(1);
  const auto fits = [](const at::Tensor& t) {
    return t.device().is_cpu() && t.scalar_type() == at::kFloat && t.is_contiguous();
  };
  if (!fits(sum) || !fits(logits) || sum.numel() * samples != logits.numel())
    throw std::logic_error("add_softmax: expected contiguous float32 maps in memory, of one shape");
  constexpr int64_t piece = softmax_piece;
  const int64_t n = logits.numel() / (samples * classes), pieces = (n + piece - 1) / piece;
  const float* from = logits.const_data_ptr<float>();
  float* to = sum.mutable_data_ptr<float>();
  at::parallel_for(0, pieces, 8, [&](int64_t first, int64_t last) {
    std::vector<float> kept(static_cast<size_t>(classes * piece));
    for (int64_t i = first; i < last; ++i)
      for (int64_t s = 0; s < samples; ++s)
        add_softmax_piece(from + s * classes * n + i * piece, n, classes,
                          std::min(piece, n - i * piece), kept.data(), to + i * piece, n);
  });
}

}  // namespace kdseg::tensor

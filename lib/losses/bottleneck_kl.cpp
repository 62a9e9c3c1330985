#include "losses/bottleneck_kl.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_softmax.h>
#include <fmt/ranges.h>

#include <array>

#include "base/errors.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

constexpr double tiny = 1e-8;  ///< keeps logarithms finite where a value is 0

constexpr std::array<const char*, 5> norm_names{"softmax", "l1", "channel-softmax",
                                                "spatial-softmax", "minmax"};

/// Logarithms of a map's distributions [N, distributions, values].
at::Tensor log_distributions(const at::Tensor& map, MapNorm norm) {
  const at::Tensor z = widened(map).flatten(2);
  switch (norm) {
    case MapNorm::softmax:
      return at::log_softmax(z.flatten(1), 1).unsqueeze(1);
    case MapNorm::channel_softmax:
      return at::log_softmax(z.transpose(1, 2), 2);
    case MapNorm::spatial_softmax:
      return at::log_softmax(z, 2);
    case MapNorm::l1:
    case MapNorm::minmax:
      break;
  }
  at::Tensor mass = z.flatten(1);
  if (norm == MapNorm::l1) {
    mass = at::abs(mass) + tiny;
  } else {
    const at::Tensor low = mass.amin(1, true), high = mass.amax(1, true);
    mass = (mass - low) / (high - low).clamp_min(tiny) + tiny;
  }
  return at::log(mass / mass.sum(1, true)).unsqueeze(1);
}

}  // namespace

at::Tensor bottleneck_kl(const at::Tensor& teacher, const at::Tensor& student, MapNorm norm) {
  if (teacher.sizes() != student.sizes())
    throw DataError(
        "bottleneck-kl: the teacher's map is [{}], the student's [{}]; they need equal widths",
        fmt::join(teacher.sizes(), ", "), fmt::join(student.sizes(), ", "));
  const at::Tensor q = log_distributions(teacher.detach(), norm);
  const at::Tensor p = log_distributions(student, norm);
  return (at::exp(q) * (q - p)).sum(2).mean();
}

TermRow bottleneck_kl_row() {
  std::vector<std::string> names(norm_names.begin(), norm_names.end());
  return {"bottleneck-kl",
          "divergence of the student's deepest map from the teacher's",
          "Hu et al. 2020, KD-Net, arXiv:2106.09564",
          {{"normalization", Kind::choice, "softmax", "how a map becomes a distribution", -1e300,
            1e300, names},
           {"map", Kind::text, "c5", "which map of the networks", -1e300, 1e300, {}}},
          [](const Parameters& p) {
            MapNorm norm = MapNorm::softmax;
            for (size_t i = 0; i < norm_names.size(); ++i)
              if (p.text("normalization") == norm_names[i]) norm = static_cast<MapNorm>(i);
            const std::string& map = p.text("map");
            Term term;
            term.needs_teacher = true;
            term.student_needs = term.teacher_needs = {map};
            term.value = [norm, map](const Evidence& e) {
              return bottleneck_kl(e.teacher->extra.get(map), e.student.extra.get(map), norm);
            };
            return term;
          }};
}

}  // namespace kdseg::losses

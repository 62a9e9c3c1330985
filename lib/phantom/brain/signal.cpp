#include "phantom/brain/signal.h"

#include <cmath>
#include <numbers>

namespace kdseg::phantom {
namespace {

constexpr double relaxivity_1 = 4.5e-3, relaxivity_2 = 5.5e-3;  // per mM and ms
constexpr Tissue lesion_mean{0.865, 1600, 145};  // what kappa = 0 makes of every lesion class

bool is_lesion(int c) {
  return c == edema || c == enhancing || c == necrosis || c == non_enhancing;
}

}  // namespace

const std::array<Tissue, compartments>& reference_tissues() {
  static const std::array<Tissue, compartments> tissues{{
      {0.70, 832, 79},     // wm
      {0.82, 1331, 104},   // gm
      {1.00, 4200, 1700},  // csf
      {0.85, 1450, 138},   // edema
      {0.84, 1400, 112},   // enhancing, before contrast
      {0.93, 2300, 220},   // necrosis
      {0.86, 1700, 155},   // non-enhancing tumor
      {0.85, 1650, 150},   // blood
  }};
  return tissues;
}

std::array<Tissue, compartments> case_tissues(const BrainKnobs& knobs, Random stream) {
  auto tissues = reference_tissues();
  for (int c = 0; c < compartments; ++c) {
    Tissue& t = tissues[c];
    const double spread = is_lesion(c) ? knobs.jitter_lesion : knobs.jitter_healthy;
    if (is_lesion(c)) {
      const auto pull = [&](double value, double mean) {
        return mean * std::pow(value / mean, knobs.kappa);
      };
      t = {pull(t.pd, lesion_mean.pd), pull(t.t1_ms, lesion_mean.t1_ms),
           pull(t.t2_ms, lesion_mean.t2_ms)};
    }
    t.pd *= std::exp(0.5 * spread * stream.normal());
    t.t1_ms *= std::exp(spread * stream.normal());
    t.t2_ms *= std::exp(spread * stream.normal());
  }
  return tissues;
}

Tissue with_contrast(const Tissue& tissue, double concentration_mmol) {
  return {tissue.pd, 1 / (1 / tissue.t1_ms + relaxivity_1 * concentration_mmol),
          1 / (1 / tissue.t2_ms + relaxivity_2 * concentration_mmol)};
}

double signal(const Sequence& s, const Tissue& t) {
  switch (s.kind) {
    case Sequence::Kind::spin_echo:
      return t.pd *
             (1 - 2 * std::exp(-(s.tr_ms - s.te_ms / 2) / t.t1_ms) + std::exp(-s.tr_ms / t.t1_ms)) *
             std::exp(-s.te_ms / t.t2_ms);
    case Sequence::Kind::inversion_recovery:
      return t.pd *
             std::abs(1 - 2 * std::exp(-s.ti_ms / t.t1_ms) +
                      std::exp(-(s.tr_ms - s.te_ms) / t.t1_ms)) *
             std::exp(-s.te_ms / t.t2_ms);
    case Sequence::Kind::gradient_echo: {
      const double a = s.flip_deg * std::numbers::pi / 180, e1 = std::exp(-s.tr_ms / t.t1_ms);
      return t.pd * std::sin(a) * (1 - e1) / (1 - e1 * std::cos(a)) *
             std::exp(-s.te_ms * (1 / t.t2_ms + 1 / 60.0));
    }
  }
  return 0;
}

double null_time_ms(double t1_ms, double tr_ms) {
  return t1_ms * std::log(2 / (1 + std::exp(-tr_ms / t1_ms)));
}

std::array<Sequence, 4> case_sequences(const BrainKnobs& knobs, Random stream) {
  std::array<Sequence, 4> s;
  // Everything is drawn in one order, whatever the variant, so that knobs do not shift later draws.
  const double t1_tr = stream.uniform(500, 700), t1_te = stream.uniform(9, 15);
  const double t2_tr = stream.uniform(3800, 6000), t2_te = stream.uniform(85, 110);
  const double flair_te = stream.uniform(90, 140), flair_ti = stream.uniform(2400, 2550);
  s[flair] = {Sequence::Kind::inversion_recovery, 9000, flair_te, flair_ti, 0};
  s[t1] = {Sequence::Kind::spin_echo, t1_tr, t1_te, 0, 0};
  if (knobs.t1_variant == "gradient-echo") s[t1] = {Sequence::Kind::gradient_echo, 8, 3, 0, 12};
  s[t1ce] = s[t1];
  s[t2] = {Sequence::Kind::spin_echo, t2_tr, t2_te, 0, 0};
  return s;
}

}  // namespace kdseg::phantom

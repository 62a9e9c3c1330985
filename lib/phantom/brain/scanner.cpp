#include "phantom/brain/scanner.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "phantom/noise_field.h"
#include "voxels/sample.h"
#include "voxels/smooth.h"

namespace kdseg::phantom {
namespace {

/// Fractions of the compartments per brain voxel, in the order of `voxel`.
struct Composition {
  std::vector<int64_t> voxel;
  std::array<std::vector<float>, compartments> fraction;
};

std::vector<float> blurred_mask(const Frame& frame, const std::vector<uint8_t>& label, uint8_t code,
                                double sigma_mm) {
  std::vector<float> mask(label.size());
  for (size_t i = 0; i < label.size(); ++i) mask[i] = label[i] == code ? 1.0f : 0.0f;
  const double sigma = sigma_mm / frame.voxel_mm;
  return voxels::gaussian_smooth(frame.size, mask, {sigma, sigma, sigma});
}

Composition compose(const Anatomy& anatomy, const Tumor& tumor, const TumorPlan& plan,
                    const std::vector<float>& vessels, const Frame& frame, double sigma_mm) {
  const auto core = blurred_mask(frame, tumor.label, code_ncr, sigma_mm);
  const auto ed = blurred_mask(frame, tumor.label, code_ed, sigma_mm);
  const auto et = blurred_mask(frame, tumor.label, code_et, sigma_mm);
  Composition c;
  for (size_t i = 0; i < anatomy.brain.size(); ++i)
    if (anatomy.brain[i]) c.voxel.push_back(static_cast<int64_t>(i));
  for (auto& f : c.fraction) f.assign(c.voxel.size(), 0.0f);
  for (size_t k = 0; k < c.voxel.size(); ++k) {
    const size_t i = static_cast<size_t>(c.voxel[k]);
    const float swollen = ed[i] * tumor.severity[i];
    const float lesion = core[i] + et[i] + swollen;
    const float vessel = vessels[i] * std::max(0.0f, 1 - lesion);
    const float healthy = std::max(0.0f, 1 - lesion - vessel);
    c.fraction[wm][k] = healthy * anatomy.wm[i];
    c.fraction[gm][k] = healthy * anatomy.gm[i];
    c.fraction[csf][k] = healthy * anatomy.csf[i];
    c.fraction[edema][k] = swollen;
    c.fraction[enhancing][k] = et[i];
    c.fraction[plan.high_grade ? necrosis : non_enhancing][k] = core[i];
    c.fraction[blood][k] = vessel;
  }
  return c;
}

/// Concentrations in mM of the compartments other than enhancing tumor. They follow the case's
/// dose, so that a cohort without contrast agent has none anywhere.
std::array<double, compartments> concentrations(const TumorPlan& plan, Random random) {
  constexpr double usual_mmol = 0.14;
  const double dose = plan.concentration_mmol / usual_mmol;
  std::array<double, compartments> c{};
  c[wm] = dose * 0.005;
  c[gm] = dose * random.uniform(0.005, 0.008);
  c[edema] = dose * 0.02;
  c[necrosis] = c[non_enhancing] = dose * 0.03;
  c[blood] = dose * random.uniform(0.5, 1.0);
  return c;
}

/// Mixed signals of the four sequences, zero outside the brain.
std::array<std::vector<float>, sequences> mix_signals(
    const Composition& composition, const Tumor& tumor, const TumorPlan& plan, const Frame& frame,
    const BrainKnobs& knobs, const std::array<Sequence, sequences>& sequence,
    const std::array<Tissue, compartments>& tissues,
    const std::array<double, compartments>& concentration, uint64_t seed, uint64_t index) {
  constexpr double sigma_mm = 3;
  const auto g1 = smooth_noise(frame, Random(seed, index, "heterogeneity-t1"), sigma_mm);
  const auto g2 = smooth_noise(frame, Random(seed, index, "heterogeneity-t2"), sigma_mm);
  std::array<std::vector<float>, sequences> image;
  for (auto& s : image) s.assign(static_cast<size_t>(frame.count()), 0.0f);
  for (size_t k = 0; k < composition.voxel.size(); ++k) {
    const size_t i = static_cast<size_t>(composition.voxel[k]);
    std::array<double, sequences> sum{};
    for (int c = 0; c < compartments; ++c) {
      const double fraction = composition.fraction[c][k];
      if (fraction < 1e-4) continue;
      const bool healthy = c == wm || c == gm || c == csf || c == blood;
      const double h = healthy ? knobs.heterogeneity_healthy : knobs.heterogeneity_lesion;
      const Tissue native{tissues[c].pd, tissues[c].t1_ms * std::exp(h * g1[i]),
                          tissues[c].t2_ms * std::exp(h * g2[i])};
      const double mmol =
          c == enhancing ? plan.concentration_mmol * tumor.uptake[i] : concentration[c];
      sum[flair] += fraction * signal(sequence[flair], native);
      sum[t1] += fraction * signal(sequence[t1], native);
      sum[t2] += fraction * signal(sequence[t2], native);
      sum[t1ce] += fraction * signal(sequence[t1ce], with_contrast(native, mmol));
    }
    for (int s = 0; s < sequences; ++s) image[s][i] = static_cast<float>(sum[s]);
  }
  return image;
}

}  // namespace

Scans acquire(const Anatomy& anatomy, const Tumor& tumor, const TumorPlan& plan,
              const std::vector<float>& vessels, const Frame& frame, const BrainKnobs& knobs,
              uint64_t seed, uint64_t index, const std::array<double, sequences>& thickness_mm) {
  Random draws(seed, index, "scanner");
  const auto composition = compose(anatomy, tumor, plan, vessels, frame, draws.uniform(1.0, 1.2));
  const auto sequence = case_sequences(knobs, Random(seed, index, "sequences"));
  const auto tissues = case_tissues(knobs, Random(seed, index, "tissues"));
  const auto concentration = concentrations(plan, Random(seed, index, "concentrations"));
  const auto signals = mix_signals(composition, tumor, plan, frame, knobs, sequence, tissues,
                                   concentration, seed, index);
  std::vector<float> mask(anatomy.brain.begin(), anatomy.brain.end());

  constexpr double bias_sigma_mm = 36;
  Scans scans;
  for (int s = 0; s < sequences; ++s) {
    const std::string name = sequence_names[s];
    const double drawn_mm = draws.uniform(knobs.slice_thickness_mm[0], knobs.slice_thickness_mm[1]);
    const double slice = (thickness_mm[s] < 0 ? drawn_mm : thickness_mm[s]) / frame.voxel_mm;
    Point shift;
    for (double& d : shift) d = knobs.misregistration_mm * draws.uniform(-1, 1) / frame.voxel_mm;
    const double bias = draws.uniform(knobs.bias[0], knobs.bias[1]);
    const double gain = draws.uniform(knobs.gain[0], knobs.gain[1]);
    const double white = signal(
        sequence[s], s == t1ce ? with_contrast(tissues[wm], concentration[wm]) : tissues[wm]);

    // Dividing by the blurred mask keeps the emptiness outside from darkening the brain's edge.
    const auto thick = slice > 1 ? voxels::box_blur(frame.size, signals[s], 2, slice) : signals[s];
    const auto weight = slice > 1 ? voxels::box_blur(frame.size, mask, 2, slice) : mask;
    const auto g = smooth_noise(frame, Random(seed, index, "bias-" + name), bias_sigma_mm);
    const Random noise_real(seed, index, "noise-real-" + name),
        noise_imaginary(seed, index, "noise-imaginary-" + name);
    scans[s].assign(anatomy.brain.size(), 0);
    for (const int64_t voxel : composition.voxel) {
      const size_t i = static_cast<size_t>(voxel);
      const Point at{static_cast<double>(voxel % frame.size[0]) + shift[0],
                     static_cast<double>(voxel / frame.size[0] % frame.size[1]) + shift[1],
                     static_cast<double>(voxel / (frame.size[0] * frame.size[1])) + shift[2]};
      const double w = voxels::sample_linear(frame.size, weight.data(), at);
      double value = voxels::sample_linear(frame.size, thick.data(), at);
      value = w > 1e-3 ? value / w : signals[s][i];
      value = value / white * std::exp(bias * g[i]);
      if (knobs.noise > 0) {
        const uint64_t place = static_cast<uint64_t>(voxel);
        value = std::hypot(value + knobs.noise * noise_real.normal_at(place),
                           knobs.noise * noise_imaginary.normal_at(place));
      }
      scans[s][i] = static_cast<int16_t>(std::clamp(std::round(gain * value), 1.0, 32767.0));
    }
  }
  return scans;
}

}  // namespace kdseg::phantom

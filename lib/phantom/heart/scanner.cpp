#include "phantom/heart/scanner.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/noise_field.h"
#include "phantom/solids.h"
#include "voxels/smooth.h"

namespace kdseg::phantom {
namespace {

double between(Random& random, const std::vector<double>& range) {
  return random.uniform(range[0], range[1]);
}

/// Standard deviation of the mean over a voxel: a box of its width.
double voxel_blur_mm(const Frame& frame, int axis) { return frame.spacing(axis) / std::sqrt(12.0); }

std::vector<float> paint(const Heart& heart, const TissueValues& values) {
  std::vector<float> image(heart.tissue.size());
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(values[heart.tissue[i]]);
  return image;
}

/// Blurs along x, y and z by these and by the voxels' own extent, mm.
std::vector<float> blurred(const std::vector<float>& image, const Frame& frame,
                           const Point& sigma_mm) {
  std::array<double, 3> sigma;
  for (int a = 0; a < 3; ++a)
    sigma[a] = std::hypot(sigma_mm[a], voxel_blur_mm(frame, a)) / frame.spacing(a);
  return voxels::gaussian_smooth(frame.size, image, sigma);
}

/// Noise of standard deviation 1 that is correlated over `sigma_mm`, or white where voxels are so
/// large that their noise is not.
std::vector<float> correlated_noise(const Frame& frame, const Random& stream, double sigma_mm) {
  if (2 * sigma_mm > frame.spacing(0)) return smooth_noise(frame, stream, sigma_mm);
  std::vector<float> noise(static_cast<size_t>(frame.count()));
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<float>(stream.normal_at(i));
  return noise;
}

int16_t stored(double value, double least) {
  return static_cast<int16_t>(std::clamp(std::round(value), least, 32767.0));
}

/// A plane of off-resonance: what a voxel keeps of its signal at distance d is 1 - 0.75
/// exp(-(d/5 mm)^2).
struct Stripe {
  bool present;
  Point normal;
  double offset_mm;

  Stripe(const HeartKnobs& knobs, Random& random) {
    present = random.uniform() < knobs.banding;
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    normal = {std::cos(angle), std::sin(angle), 0.3 * random.uniform(-1, 1)};
    offset_mm = random.uniform(-45, 45);
  }
  double kept(const Point& p) const {
    if (!present) return 1;
    const double d = normal[0] * p[0] + normal[1] * p[1] + normal[2] * p[2] - offset_mm;
    return 1 - 0.75 * std::exp(-square(d / 5));
  }
};

}  // namespace

TissueValues case_hounsfield(const HeartKnobs& knobs, Random& random) {
  TissueValues hu{};
  const double arterial =
      std::clamp(random.normal(knobs.arterial_hu, knobs.arterial_deviation_hu), 220.0, 600.0);
  const double venous = arterial * between(random, knobs.venous_level);
  hu[air] = -1000;
  hu[lung] = random.normal(-820, 40);
  hu[fat] = random.normal(-100, 10);
  hu[muscle] = 55;
  hu[bone] = random.uniform(300, 900);
  hu[liver] = random.normal(100, 15);
  hu[myocardium] = random.normal(knobs.myocardium_hu, knobs.myocardium_deviation_hu);
  hu[arterial_blood] = arterial;
  hu[venous_blood] = hu[atrial_blood] = venous;
  return hu;
}

double balanced_ssfp(double pd, double t1_ms, double t2_ms, double tr_ms, double te_ms,
                     double flip_deg) {
  const double a = flip_deg * std::numbers::pi / 180, e1 = std::exp(-tr_ms / t1_ms),
               e2 = std::exp(-tr_ms / t2_ms);
  return pd * std::sin(a) * (1 - e1) / (1 - (e1 - e2) * std::cos(a) - e1 * e2) *
         std::exp(-te_ms / t2_ms);
}

TissueValues case_mr_signals(const HeartKnobs& knobs, Random& random) {
  const double flip = between(random, knobs.flip_deg), tr = between(random, knobs.repetition_ms);
  const double factor = between(random, knobs.blood_factor);
  const bool suppressed = random.uniform() < knobs.fat_suppression;
  const auto signal = [&](double pd, double t1_ms, double t2_ms) {
    return balanced_ssfp(pd, t1_ms, t2_ms, tr, tr / 2, flip);
  };
  TissueValues s{};
  s[air] = 0;
  s[lung] = signal(0.2, 1030, 40);
  s[fat] = (suppressed ? 0.15 : 1) * signal(0.9, 343, 58);
  s[muscle] = signal(0.8, 1008, 44);
  s[bone] = signal(0.15, 500, 40);
  s[liver] = signal(0.75, 576, 46);
  s[myocardium] = signal(0.8, 1030, 40);
  const double blood = factor * signal(0.95, 1441, 290);
  s[arterial_blood] = s[venous_blood] = s[atrial_blood] = blood;
  for (double& value : s) value /= blood;
  return s;
}

std::vector<int16_t> scan_ct(const Heart& heart, const Frame& frame, const HeartKnobs& knobs,
                             uint64_t seed, uint64_t index, const std::string& modality) {
  Random random(seed, index, modality + "-ct-scanner");
  const auto hu = case_hounsfield(knobs, random);
  const double noise_hu = between(random, knobs.ct_noise_hu);
  auto sharp = paint(heart, hu);
  const auto streaming = smooth_noise(frame, Random(seed, index, modality + "-ct-streaming"), 8);
  const auto vessels = smooth_noise(frame, Random(seed, index, modality + "-ct-lung"), 3);
  for (size_t i = 0; i < sharp.size(); ++i) {
    if (heart.tissue[i] == atrial_blood)
      sharp[i] += static_cast<float>(knobs.streaming_hu) * streaming[i];
    if (heart.tissue[i] == lung) sharp[i] += vessels[i] > 1.8f ? 500.0f : 30 * vessels[i];
  }
  const double sigma = knobs.ct_blur_mm;
  const auto image = blurred(sharp, frame, {sigma, sigma, sigma});
  const auto noise = correlated_noise(frame, Random(seed, index, modality + "-ct-noise"), sigma);
  std::vector<int16_t> scan(image.size());
  for (size_t i = 0; i < scan.size(); ++i) scan[i] = stored(image[i] + noise_hu * noise[i], -1024);
  return scan;
}

std::vector<int16_t> scan_mr(const Heart& heart, const Frame& frame, const HeartKnobs& knobs,
                             uint64_t seed, uint64_t index, const std::string& modality) {
  Random random(seed, index, modality + "-mr-scanner");
  const auto signals = case_mr_signals(knobs, random);
  const double bias = between(random, knobs.mr_bias), noise = between(random, knobs.mr_noise),
               breathing = between(random, knobs.respiration_mm),
               gain = between(random, knobs.mr_gain);
  const Stripe stripe(knobs, random);
  const auto image = blurred(paint(heart, signals), frame, {0, 0, breathing});
  constexpr double bias_sigma_mm = 50;
  const auto field = smooth_noise(frame, Random(seed, index, modality + "-mr-bias"), bias_sigma_mm);
  const Random real(seed, index, modality + "-mr-noise-real"),
      imaginary(seed, index, modality + "-mr-noise-imaginary");
  std::vector<int16_t> scan(image.size());
  for (size_t i = 0; i < scan.size(); ++i) {
    double value = image[i] * std::exp(bias * field[i]);
    if (stripe.present) value *= stripe.kept(frame.point(static_cast<int64_t>(i)));
    value = std::hypot(value + noise * real.normal_at(i), noise * imaginary.normal_at(i));
    scan[i] = stored(gain * value, 0);
  }
  return scan;
}

}  // namespace kdseg::phantom

#include "phantom/brain/tumor.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/noise_field.h"
#include "voxels/distance.h"

namespace kdseg::phantom {
namespace {

/// Uniform over rotations. Source: Shoemake 1992, "Uniform random rotations" (unit quaternions).
std::array<double, 9> random_rotation(Random& random) {
  const double u = random.uniform(), a = 2 * std::numbers::pi * random.uniform(),
               b = 2 * std::numbers::pi * random.uniform();
  const double x = std::sqrt(1 - u) * std::sin(a), y = std::sqrt(1 - u) * std::cos(a),
               z = std::sqrt(u) * std::sin(b), w = std::sqrt(u) * std::cos(b);
  return {1 - 2 * (y * y + z * z), 2 * (x * y - z * w),     2 * (x * z + y * w),
          2 * (x * y + z * w),     1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
          2 * (x * z - y * w),     2 * (y * z + x * w),     1 - 2 * (x * x + y * y)};
}

double ellipsoidal_radius(const TumorPlan& plan, const Point& p) {
  double sum = 0;
  for (int row = 0; row < 3; ++row) {
    double q = 0;
    for (int column = 0; column < 3; ++column)
      q += plan.rotation[3 * row + column] * (p[column] - plan.center[column]);
    sum += (q / plan.axes[row]) * (q / plan.axes[row]);
  }
  return std::sqrt(sum);
}

double distance(const Point& a, const Point& b) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// Grade, radius and edema width decide what a cohort is like. Each follows an additive recurrence
/// with its own irrational step (Weyl 1916): together they fill the cube evenly, so that already 16
/// cases have the share and the median sizes of many.
enum Recurrence { of_grade, of_radius, of_edema };

double even_draw(uint64_t seed, uint64_t index, Recurrence which) {
  constexpr std::array<double, 3> step{0.6180339887498949, 0.4142135623730951, 0.7320508075688772};
  const double place = Random(seed, static_cast<uint64_t>(which), "recurrences").uniform() +
                       step[which] * static_cast<double>(index);
  return place - std::floor(place);
}

}  // namespace

bool is_high_grade(const BrainKnobs& knobs, uint64_t seed, uint64_t index) {
  return even_draw(seed, index, of_grade) >= knobs.lgg_probability;
}

TumorPlan plan_tumor(const Anatomy& anatomy, const Frame& frame, const BrainKnobs& knobs,
                     uint64_t seed, uint64_t index) {
  Random random(seed, index, "tumor");
  TumorPlan plan;
  plan.high_grade = is_high_grade(knobs, seed, index);
  // Low grades take the lower end of the unit interval, those without enhancement the lowest.
  plan.without_enhancement =
      even_draw(seed, index, of_grade) < knobs.lgg_probability * knobs.lgg_without_et;
  const auto between = [](const std::vector<double>& range, double share) {
    return range[0] + (range[1] - range[0]) * share;
  };
  plan.radius_mm = between(knobs.radius_mm, even_draw(seed, index, of_radius));
  plan.edema_mm = between(plan.high_grade ? knobs.edema_hgg_mm : knobs.edema_lgg_mm,
                          even_draw(seed, index, of_edema));
  for (double& a : plan.axes) a = random.uniform(knobs.axis_ratio[0], knobs.axis_ratio[1]);
  const double mean_axis = std::cbrt(plan.axes[0] * plan.axes[1] * plan.axes[2]);
  for (double& a : plan.axes) a /= mean_axis;  // the radius is that of the ball of equal volume
  plan.rotation = random_rotation(random);
  plan.concentration_mmol = knobs.contrast_mmol * std::exp(knobs.contrast_spread * random.normal());

  std::vector<uint8_t> outside(anatomy.brain.size());
  for (size_t i = 0; i < outside.size(); ++i) outside[i] = !anatomy.brain[i];
  const auto squared = voxels::squared_distance(frame.size, outside,
                                                {frame.voxel_mm, frame.voxel_mm, frame.voxel_mm});
  const double low = knobs.depth_mm[0] * knobs.depth_mm[0],
               high = knobs.depth_mm[1] * knobs.depth_mm[1];
  std::vector<int64_t> candidates;
  int64_t deepest = 0;
  for (size_t i = 0; i < squared.size(); ++i) {
    if (!anatomy.cerebrum[i]) continue;
    if (anatomy.wm[i] > 0.5f && squared[i] >= low && squared[i] <= high)
      candidates.push_back(static_cast<int64_t>(i));
    if (squared[i] > squared[static_cast<size_t>(deepest)]) deepest = static_cast<int64_t>(i);
  }
  const double choice = random.uniform();
  const int64_t voxel =
      candidates.empty()
          ? deepest
          : candidates[static_cast<size_t>(choice * static_cast<double>(candidates.size()))];
  plan.center = frame.point(voxel);
  for (double& c : plan.center) c += frame.voxel_mm * (random.uniform() - 0.5);
  plan.surface_mm = std::sqrt(squared[static_cast<size_t>(voxel)]);
  return plan;
}

Tumor make_tumor(const TumorPlan& plan, const Anatomy& anatomy, const Frame& frame,
                 const BrainKnobs& knobs, uint64_t seed, uint64_t index) {
  const auto g1 = smooth_noise(frame, Random(seed, index, "tumor-outline"), 6);
  const auto g2 = smooth_noise(frame, Random(seed, index, "edema-outline"), 6);
  const auto g3 = smooth_noise(frame, Random(seed, index, "edema-severity"), 6);
  const auto g4 = smooth_noise(frame, Random(seed, index, "vitality"), knobs.vitality_sigma_mm);
  const size_t n = anatomy.brain.size();
  Tumor tumor{std::vector<uint8_t>(n), std::vector<float>(n, 0.6f), std::vector<float>(n)};
  const double slope = plan.high_grade ? knobs.vitality_slope : 0;
  const double edge = plan.high_grade ? knobs.vitality_hgg : knobs.vitality_lgg;
  const double spread = plan.high_grade ? knobs.vitality_noise_hgg : knobs.vitality_noise_lgg;
  for (size_t i = 0; i < n; ++i) {
    if (!anatomy.brain[i]) continue;
    const double r = ellipsoidal_radius(plan, frame.point(static_cast<int64_t>(i))) *
                     (1 + knobs.shape_noise * std::clamp(g1[i], -3.0f, 3.0f));
    const double depth = std::max(0.0, plan.radius_mm - r) / plan.radius_mm;
    double vitality = edge - slope * depth + spread * g4[i];
    if (plan.without_enhancement) vitality = std::min(vitality, 0.0);
    tumor.uptake[i] = static_cast<float>(std::clamp(0.6 + 0.4 * vitality, 0.4, 1.2));
    tumor.severity[i] = std::clamp(0.9f + 0.2f * g3[i], 0.35f, 1.0f);
    if (r < plan.radius_mm) {
      tumor.label[i] = vitality > 0 ? code_et : code_ncr;
    } else {
      const double reach = plan.edema_mm * (0.25 + 0.95 * anatomy.wm[i]) * (1 + 0.25 * g2[i]);
      if (r < plan.radius_mm + reach && anatomy.csf[i] <= 0.6f) tumor.label[i] = code_ed;
    }
  }
  return tumor;
}

std::vector<uint8_t> noisy_labels(const std::vector<uint8_t>& label, const BrainKnobs& knobs,
                                  uint64_t seed, uint64_t index) {
  std::vector<uint8_t> noisy = label;
  if (knobs.label_noise <= 0) return noisy;
  Random random(seed, index, "label-noise");
  constexpr std::array<uint8_t, 3> codes{code_ncr, code_ed, code_et};
  for (uint8_t& code : noisy) {
    if (code == 0) continue;
    const bool redraw = random.uniform() < knobs.label_noise;
    const auto drawn = codes[random.below(codes.size())];
    if (redraw) code = drawn;
  }
  return noisy;
}

std::vector<float> make_vessels(const Anatomy& anatomy, const Tumor& tumor, const Frame& frame,
                                const BrainKnobs& knobs, uint64_t seed, uint64_t index) {
  std::vector<float> fraction(anatomy.brain.size(), 0.0f);
  if (knobs.vessels == 0) return fraction;
  Random random(seed, index, "vessels");
  std::vector<int64_t> brain;
  for (size_t i = 0; i < anatomy.brain.size(); ++i)
    if (anatomy.brain[i]) brain.push_back(static_cast<int64_t>(i));
  if (brain.empty()) return fraction;
  const auto somewhere = [&] { return frame.point(brain[random.below(brain.size())]); };
  for (int64_t v = 0; v < knobs.vessels; ++v) {
    const Point a = somewhere(), b = somewhere();
    const double radius = random.uniform(0.8, 1.8);
    Point bend;
    for (int i = 0; i < 3; ++i) bend[i] = 0.5 * (a[i] + b[i]) + random.normal(0, 15);
    const double length = distance(a, bend) + distance(bend, b), step = 0.5 * frame.voxel_mm;
    const int64_t steps = std::max<int64_t>(2, static_cast<int64_t>(length / step));
    const double share = std::min(1.0, 2 * radius / frame.voxel_mm);
    for (int64_t s = 0; s <= steps; ++s) {
      const double t = static_cast<double>(s) / static_cast<double>(steps), u = 1 - t;
      Point p;
      std::array<int64_t, 3> center;
      for (int i = 0; i < 3; ++i) {
        p[i] = u * u * a[i] + 2 * u * t * bend[i] + t * t * b[i];
        center[i] =
            std::llround(p[i] / frame.voxel_mm + 0.5 * static_cast<double>(frame.size[i] - 1));
      }
      const int64_t reach = 1 + static_cast<int64_t>(radius / frame.voxel_mm);
      for (int64_t z = center[2] - reach; z <= center[2] + reach; ++z)
        for (int64_t y = center[1] - reach; y <= center[1] + reach; ++y)
          for (int64_t x = center[0] - reach; x <= center[0] + reach; ++x) {
            if (x < 0 || y < 0 || z < 0 || x >= frame.size[0] || y >= frame.size[1] ||
                z >= frame.size[2])
              continue;
            const size_t i = static_cast<size_t>((z * frame.size[1] + y) * frame.size[0] + x);
            if (!anatomy.brain[i] || tumor.label[i]) continue;
            const double d = distance(p, {frame.at(0, x), frame.at(1, y), frame.at(2, z)}) - radius;
            const double f = share * std::clamp(0.5 - d / frame.voxel_mm, 0.0, 1.0);
            fraction[i] = std::max(fraction[i], static_cast<float>(f));
          }
    }
  }
  return fraction;
}

}  // namespace kdseg::phantom

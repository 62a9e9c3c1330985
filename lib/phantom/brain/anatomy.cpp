#include "phantom/brain/anatomy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/noise_field.h"

namespace kdseg::phantom {
namespace {

/// Draws beyond this many standard deviations are cut, so that every brain fits its grid.
constexpr double largest_deviation = 2;

double bounded_normal(Random& random) {
  return std::clamp(random.normal(), -largest_deviation, largest_deviation);
}

/// From places in the grid's frame to places in the head's own.
struct Pose {
  std::array<double, 9> matrix{};
  double dilation_mm = 0;
  Point ventricles{};

  Pose(const BrainKnobs& knobs, const Head& head, Random random) : ventricles(head.ventricles()) {
    std::array<double, 3> angle, scale;
    for (double& a : angle)
      a = bounded_normal(random) * knobs.rotation_deg * std::numbers::pi / 180;
    for (double& s : scale) s = 1 + bounded_normal(random) * knobs.scale_deviation;
    const double mirror = random.uniform() < 0.5 ? -1 : 1;
    dilation_mm = random.uniform(knobs.ventricle_dilation_mm[0], knobs.ventricle_dilation_mm[1]);
    const double cx = std::cos(angle[0]), sx = std::sin(angle[0]), cy = std::cos(angle[1]),
                 sy = std::sin(angle[1]), cz = std::cos(angle[2]), sz = std::sin(angle[2]);
    matrix = {cz * cy,
              cz * sy * sx - sz * cx,
              cz * sy * cx + sz * sx,
              sz * cy,
              sz * sy * sx + cz * cx,
              sz * sy * cx - cz * sx,
              -sy,
              cy * sx,
              cy * cx};
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        matrix[3 * row + column] *= (row == 0 ? mirror : 1) / scale[row];
  }

  Point operator()(const Point& p) const {
    Point q;
    for (int row = 0; row < 3; ++row)
      q[row] = matrix[3 * row] * p[0] + matrix[3 * row + 1] * p[1] + matrix[3 * row + 2] * p[2];
    // Looking up nearer to the ventricles moves their walls outward, most at 18 mm.
    Point away{q[0] - ventricles[0], q[1] - ventricles[1], q[2] - ventricles[2]};
    const double r = std::sqrt(away[0] * away[0] + away[1] * away[1] + away[2] * away[2]);
    constexpr double peak_mm = 18;
    const double shift =
        dilation_mm * std::exp(0.5 * (1 - (r / peak_mm) * (r / peak_mm))) / peak_mm;
    for (int i = 0; i < 3; ++i) q[i] -= away[i] * std::min(shift, 0.8);
    return q;
  }
};

/// Where the tissue that a tumor pushed to `p` came from.
Point before_push(const Point& p, const Push& push) {
  if (push.shift_mm <= 0) return p;
  double r = 0;
  for (int i = 0; i < 3; ++i) r += (p[i] - push.center[i]) * (p[i] - push.center[i]);
  r = std::sqrt(r);
  if (r >= push.reach_mm || r < 1e-9) return p;
  const double share = r < push.radius_mm ? r / push.radius_mm
                                          : (push.reach_mm - r) / (push.reach_mm - push.radius_mm);
  Point q;
  for (int i = 0; i < 3; ++i) q[i] = p[i] - (p[i] - push.center[i]) / r * push.shift_mm * share;
  return q;
}

}  // namespace

Frame frame_for(const Grid& grid, const Head& head) {
  const Point half = head.half_extent_mm();
  constexpr double allowance = 1.16;  // size and pose of the largest head drawn
  double shrink = 1;
  for (int i = 0; i < 3; ++i)
    shrink = std::min(
        shrink, static_cast<double>(grid.size[i]) * grid.spacing_mm[i] / (2 * allowance * half[i]));
  return {grid.size, grid.spacing_mm[0] / shrink};
}

Anatomy make_anatomy(const Head& head, const Frame& frame, const BrainKnobs& knobs, uint64_t seed,
                     uint64_t index, const Push& push) {
  const Pose pose(knobs, head, Random(seed, index, "pose"));
  constexpr double deformation_sigma_mm = 16;
  std::array<std::vector<float>, 3> displacement;
  const std::array<const char*, 3> names{"displacement-x", "displacement-y", "displacement-z"};
  for (int i = 0; i < 3; ++i)
    displacement[i] = smooth_noise(frame, Random(seed, index, names[i]), deformation_sigma_mm);
  const auto fold = smooth_noise(frame, Random(seed, index, "folds"), Head::fold_sigma_mm);
  const auto shape = smooth_noise(frame, Random(seed, index, "shape"), Head::shape_sigma_mm);

  const size_t n = static_cast<size_t>(frame.count());
  Anatomy a{std::vector<uint8_t>(n), std::vector<uint8_t>(n), std::vector<float>(n),
            std::vector<float>(n), std::vector<float>(n)};
  const double half_amplitude = 0.5 * knobs.displacement_mm;
  for (size_t i = 0; i < n; ++i) {
    Point p = before_push(frame.point(static_cast<int64_t>(i)), push);
    for (int k = 0; k < 3; ++k)
      p[k] += half_amplitude * std::clamp(displacement[k][i], -2.5f, 2.5f);
    const Mixture m = head.at(pose(p), fold[i], shape[i], 0.8 * frame.voxel_mm);
    a.brain[i] = m.brain;
    a.cerebrum[i] = m.cerebrum;
    a.wm[i] = m.wm;
    a.gm[i] = m.gm;
    a.csf[i] = m.csf;
  }
  return a;
}

}  // namespace kdseg::phantom

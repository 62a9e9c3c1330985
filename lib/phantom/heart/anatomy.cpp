#include "phantom/heart/anatomy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/noise_field.h"
#include "phantom/solids.h"
#include "voxels/sample.h"

namespace kdseg::phantom {
namespace {

constexpr double largest_deviation = 2;  // standard deviations, so that every heart fits its grid

double bounded_normal(Random& random) {
  return std::clamp(random.normal(), -largest_deviation, largest_deviation);
}

double between(Random& random, const std::vector<double>& range) {
  return random.uniform(range[0], range[1]);
}

/// The center of the box of a heart of mean size, in its own frame: it is put at the plan's middle.
constexpr Point box_center{15, 5, -13};

/// Three random fields of 14 mm, sampled on a coarse lattice and interpolated: what a lattice of
/// 4 mm loses of them is far below a voxel.
class Displacement {
 public:
  Displacement(const Frame& frame, double amplitude_mm, uint64_t seed, uint64_t index,
               const std::string& modality)
      : half_amplitude_(0.5 * amplitude_mm) {
    constexpr double sigma_mm = 14, knots_mm = 4;
    coarse_.voxel_mm = knots_mm;
    for (int a = 0; a < 3; ++a)
      coarse_.size[a] = static_cast<int64_t>(std::ceil(static_cast<double>(frame.size[a]) *
                                                       frame.spacing(a) / knots_mm)) +
                        2;
    for (int a = 0; a < 3; ++a)
      field_[a] = smooth_noise(coarse_, Random(seed, index, modality + "-displacement-" + "xyz"[a]),
                               sigma_mm);
  }

  Point operator()(const Point& p) const {
    Point at, moved;
    for (int a = 0; a < 3; ++a)
      at[a] = p[a] / coarse_.voxel_mm + 0.5 * static_cast<double>(coarse_.size[a] - 1);
    for (int a = 0; a < 3; ++a)
      moved[a] =
          p[a] + half_amplitude_ *
                     std::clamp<double>(voxels::sample_linear(coarse_.size, field_[a].data(), at),
                                        -2.5, 2.5);
    return moved;
  }

 private:
  Frame coarse_;
  double half_amplitude_;
  std::array<std::vector<float>, 3> field_;
};

/// The lower half of an ellipsoid with a flat top at z = 0.
double lower_half(const Point& p, const Point& center, const Point& semi_axes) {
  return std::max(p[2], ellipsoid(p, center, semi_axes));
}

/// A tube along a polyline, cut flat at both ends.
template <size_t N>
double tube(const Point& p, const std::array<Point, N>& path, double radius) {
  double distance = 1e9;
  for (size_t i = 0; i + 1 < N; ++i)
    distance = std::min(distance, capsule(p, path[i], path[i + 1], radius));
  const auto beyond = [&](const Point& end, const Point& before) {
    double length = 0;
    for (int i = 0; i < 3; ++i) length += square(end[i] - before[i]);
    return (along(p, before, end) - 1) * std::sqrt(length);
  };
  return std::max({distance, beyond(path[0], path[1]), beyond(path[N - 1], path[N - 2])});
}

/// Distances of the seven structures, mm of a heart of scale 1.
class Chambers {
 public:
  Chambers(const HeartPlan& plan, int64_t vein_stumps) : plan_(plan), stumps_(vein_stumps) {}

  double left_ventricle(const Point& p) const {
    return lower_half(p, {0, 0, 0}, {plan_.lv_radius, plan_.lv_radius, plan_.lv_length});
  }
  double myocardium(const Point& p) const {
    const double r = plan_.lv_radius + plan_.wall;
    return lower_half(p, {0, 0, 0}, {r, r, plan_.lv_length + plan_.wall});
  }
  double right_ventricle(const Point& p) const {
    const double b = plan_.rv_size;
    return lower_half(p, {0.8 * (plan_.lv_radius + plan_.wall), 4, 0},
                      {30 * b, 39 * b, (plan_.lv_length - 8) * b});
  }
  double left_atrium(const Point& p) const {
    const double f = plan_.la_size;
    double d = ellipsoid(p, {-10, -13, 25}, {27 * f, 23 * f, 25 * f});
    static constexpr std::array<std::array<Point, 2>, 4> veins{{{{{-28, -22, 33}, {-46, -30, 38}}},
                                                                {{{8, -24, 33}, {24, -32, 38}}},
                                                                {{{-28, -22, 18}, {-46, -30, 15}}},
                                                                {{{8, -24, 18}, {24, -32, 15}}}}};
    for (int64_t v = 0; v < stumps_; ++v)
      d = std::min(d, tube(p, veins[static_cast<size_t>(v)], 5.5));
    return std::max(d, -p[2]);
  }
  double right_atrium(const Point& p) const {
    const double f = plan_.ra_size;
    return ellipsoid(p, {41, -12, 20}, {25 * f, 23 * f, 29 * f});
  }
  double aorta(const Point& p) const {
    static constexpr std::array<Point, 4> path{{{8, 6, 2}, {16, 12, 22}, {22, 4, 45}, {14, 2, 66}}};
    return std::max(tube(p, path, plan_.aorta_radius), -p[2]);
  }
  double pulmonary_artery(const Point& p) const {
    static constexpr std::array<Point, 4> trunk{
        {{22, 32, -4}, {14, 40, 22}, {-8, 30, 40}, {-14, 8, 48}}};
    static constexpr std::array<Point, 2> left{{{-14, 8, 48}, {-34, -8, 46}}},
        right{{{-14, 8, 48}, {6, -14, 50}}};
    const double r = plan_.pulmonary_radius;
    return std::min({tube(p, trunk, r), tube(p, left, 0.7 * r), tube(p, right, 0.7 * r)});
  }

  /// The topmost structure and the distance to the surface of all of them together, which is not
  /// followed beyond `far_mm`.
  std::pair<Structure, double> at(const Point& p) const {
    double nearest = far_mm;
    // A ball around a structure says where it is not worth a look.
    const auto inside = [&](const Point& center, double radius, auto&& distance) {
      double squared = 0;
      for (int a = 0; a < 3; ++a) squared += square(p[a] - center[a]);
      if (squared >= square(radius + nearest)) return false;
      nearest = std::min(nearest, distance());
      return nearest < 0;
    };
    const double wide = plan_.lv_radius + plan_.wall, length = plan_.lv_length + plan_.wall;
    if (inside({0, 0, -0.5 * length}, std::hypot(0.5 * length, wide),
               [&] { return myocardium(p); }))
      return {left_ventricle(p) < 0 ? lv : myo, nearest};
    if (inside({15, 6, 33}, 36 + plan_.aorta_radius, [&] { return aorta(p); }))
      return {Structure::aorta, nearest};
    const double deep = (plan_.lv_length - 8) * plan_.rv_size;
    if (inside({0.8 * wide, 4, -0.5 * deep}, std::hypot(0.5 * deep, 39 * plan_.rv_size),
               [&] { return right_ventricle(p); }))
      return {rv, nearest};
    if (inside({-2, 12, 28}, 48 + plan_.pulmonary_radius, [&] { return pulmonary_artery(p); }))
      return {pulmonary, nearest};
    if (inside({-10, -18, 25}, std::max(28 * plan_.la_size + 5, stumps_ > 0 ? 50.0 : 0.0),
               [&] { return left_atrium(p); }))
      return {la, nearest};
    if (inside({41, -12, 20}, 29 * plan_.ra_size, [&] { return right_atrium(p); }))
      return {ra, nearest};
    return {no_structure, nearest};
  }
  static constexpr double far_mm = 30;

 private:
  const HeartPlan& plan_;
  int64_t stumps_;
};

/// The body around the heart, in mm of a body of natural size, axes as in the heart frame. `gap`:
/// distance to the heart.
Tissue surroundings(const Point& p, double gap, double fat_mm) {
  // The body's midline lies to the right of the left ventricle.
  constexpr double midline = 24;
  const double x = p[0] - midline, y = p[1], z = p[2];
  if (square(x / 168) + square((y + 24) / 122) > 1) return air;

  const Point q{x, y, z};
  if (capsule(q, {-30, -60, -300}, {-28, -62, 300}, 11.5) < 0) return arterial_blood;  // descending
  if (capsule(q, {24, -6, 34}, {20, -2, 300}, 9.5) < 0) return atrial_blood;  // superior vena cava
  if (capsule(q, {22, -22, -10}, {20, -30, -300}, 11) < 0) return atrial_blood;  // inferior
  if (gap < 1.5) return muscle;  // the thin walls of atria and right ventricle
  if (gap < 1.5 + fat_mm) return fat;

  const double vertebra = std::hypot(x, 0.9 * (y + 92)) - 19;
  if (vertebra < 0) return std::hypot(x, y + 113) < 7 ? fat : bone;  // with the spinal canal
  if (std::abs(x) < 17 && y > 72 && y < 84 && z > -70) return bone;  // sternum
  // Ribs: slanting rings in the wall.
  const double wall = std::hypot(x / 148, (y + 24) / 102);
  if (wall > 1) {
    const double along_body = z + 0.35 * y;
    const double ring = std::abs(along_body - 26 * std::round(along_body / 26));
    return ring < 5 && wall < 1.07 ? bone : wall > 1.09 ? fat : muscle;
  }
  if (ellipsoid(q, {55, -20, -172}, {130, 100, 90}) < 0) return liver;
  // Mediastinum: a column of fat around the great vessels, which narrows to the front.
  const double width = 40 - 0.12 * std::max(0.0, y + 30);
  return std::abs(x) < width && y < 60 && gap < 26 ? fat : std::abs(x) < 12 ? fat : lung;
}

Tissue tissue_of(Structure s) {
  switch (s) {
    case myo:
      return myocardium;
    case la:
    case lv:
    case Structure::aorta:
      return arterial_blood;
    case rv:
    case pulmonary:
      return venous_blood;
    default:
      return atrial_blood;
  }
}

}  // namespace

HeartPlan plan_heart(const HeartKnobs& knobs, uint64_t seed, uint64_t index,
                     const std::string& modality) {
  Random random(seed, index, modality + "-heart");
  HeartPlan plan{};
  plan.lv_radius = between(random, knobs.lv_radius_mm);
  plan.lv_length = between(random, knobs.lv_length_mm);
  plan.wall = between(random, knobs.wall_mm);
  plan.rv_size = between(random, knobs.rv_size);
  plan.la_size = between(random, knobs.atrium_size);
  plan.ra_size = between(random, knobs.atrium_size);
  plan.aorta_radius = between(random, knobs.aorta_radius_mm);
  plan.pulmonary_radius = between(random, knobs.pulmonary_radius_mm);
  plan.fat = between(random, knobs.fat_mm);
  plan.scale = knobs.scale + knobs.scale_deviation * bounded_normal(random);
  for (double& m : plan.middle) m = knobs.position_mm * bounded_normal(random);
  std::array<double, 3> c, s;
  for (int a = 0; a < 3; ++a) {
    const double angle = knobs.rotation_deg * bounded_normal(random) * std::numbers::pi / 180;
    c[a] = std::cos(angle);
    s[a] = std::sin(angle);
  }
  plan.rotation = {c[2] * c[1],
                   c[2] * s[1] * s[0] - s[2] * c[0],
                   c[2] * s[1] * c[0] + s[2] * s[0],
                   s[2] * c[1],
                   s[2] * s[1] * s[0] + c[2] * c[0],
                   s[2] * s[1] * c[0] - c[2] * s[0],
                   -s[1],
                   c[1] * s[0],
                   c[1] * c[0]};
  return plan;
}

Heart make_heart(const HeartPlan& plan, const Frame& frame, const HeartKnobs& knobs, uint64_t seed,
                 uint64_t index, const std::string& modality) {
  const Displacement displaced(frame, knobs.displacement_mm, seed, index, modality);
  const Chambers chambers(plan, knobs.vein_stumps);
  const auto n = static_cast<size_t>(frame.count());
  Heart heart{std::vector<uint8_t>(n), std::vector<uint8_t>(n)};
  for (size_t i = 0; i < n; ++i) {
    Point p = displaced(frame.point(static_cast<int64_t>(i)));
    for (int a = 0; a < 3; ++a) p[a] -= plan.middle[a];
    const Point body{-p[0] + box_center[0], -p[1] + box_center[1], p[2] + box_center[2]};
    Point q;
    for (int r = 0; r < 3; ++r)
      q[r] = (plan.rotation[3 * r] * -p[0] + plan.rotation[3 * r + 1] * -p[1] +
              plan.rotation[3 * r + 2] * p[2]) /
                 plan.scale +
             box_center[r];
    const auto [structure, distance] = chambers.at(q);
    heart.structure[i] = structure;
    heart.tissue[i] = structure == no_structure
                          ? surroundings(body, distance * plan.scale, plan.fat)
                          : tissue_of(structure);
  }
  return heart;
}

}  // namespace kdseg::phantom

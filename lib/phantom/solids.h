// Signed distances to simple solids, in mm: negative inside, and how a surface fills a voxel.
#pragma once
#include <algorithm>
#include <cmath>

#include "phantom/frame.h"

namespace kdseg::phantom {

inline double square(double x) { return x * x; }

/// First-order away from the surface.
inline double ellipsoid(const Point& p, const Point& center, const Point& semi_axes) {
  double k0 = 0, k1 = 0;
  for (int i = 0; i < 3; ++i) {
    const double q = (p[i] - center[i]) / semi_axes[i];
    k0 += q * q;
    k1 += square(q / semi_axes[i]);
  }
  k0 = std::sqrt(k0);
  k1 = std::sqrt(k1);
  if (k1 < 1e-9) return -*std::min_element(semi_axes.begin(), semi_axes.end());
  return k0 * (k0 - 1) / k1;
}

/// Where along the segment a-b the foot of `p` lies: 0 at a, 1 at b, beyond them outside.
inline double along(const Point& p, const Point& a, const Point& b) {
  double ab = 0, ap_ab = 0;
  for (int i = 0; i < 3; ++i) {
    ab += square(b[i] - a[i]);
    ap_ab += (p[i] - a[i]) * (b[i] - a[i]);
  }
  return ap_ab / ab;
}

/// A segment with round ends.
inline double capsule(const Point& p, const Point& a, const Point& b, double radius) {
  const double t = std::clamp(along(p, a, b), 0.0, 1.0);
  double d = 0;
  for (int i = 0; i < 3; ++i) d += square(p[i] - a[i] - t * (b[i] - a[i]));
  return std::sqrt(d) - radius;
}

inline double smooth_min(double a, double b, double width) {
  const double h = std::max(width - std::abs(a - b), 0.0) / width;
  return std::min(a, b) - h * h * width / 4;
}

/// 1 well inside (distance negative), 0 well outside, linear over `width`.
inline double inside(double distance, double width) {
  return std::clamp(0.5 - distance / width, 0.0, 1.0);
}

}  // namespace kdseg::phantom

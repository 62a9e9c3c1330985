// The healthy head: which fraction of white matter, gray matter and CSF lies at each point.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "phantom/frame.h"

namespace kdseg::phantom {

/// Fractions sum to 1 inside the brain (CSF under the skull included); all 0 outside it.
struct Mixture {
  bool brain = false;
  bool cerebrum = false;  ///< above the tentorium, where gliomas of adults lie
  float wm = 0, gm = 0, csf = 0;
};

/// A head in its own frame (see Frame). Implementations are immutable: threads share one.
class Head {
 public:
  virtual ~Head() = default;

  /// `fold` and `shape` are the case's noise fields (unit standard deviation, fold_sigma_mm and
  /// shape_sigma_mm) at this place: they make the gyri and the irregularities of a drawn head.
  /// `blur_mm` is the width over which a boundary is spread, about a voxel.
  virtual Mixture at(const Point& p, float fold, float shape, double blur_mm) const = 0;

  virtual Point half_extent_mm() const = 0;  ///< of the brain, from the frame's origin
  virtual Point ventricles() const = 0;      ///< where dilation starts from

  static constexpr double fold_sigma_mm = 4.6, shape_sigma_mm = 12;
};

/// Ellipsoids and noise: needs no data.
std::unique_ptr<Head> analytic_head();

/// A skull-stripped T1 scan, e.g. Colin27's ch2bet of the Debian package mricron-data: fractions by
/// linear interpolation between the class centers (CSF, gray, white; increasing intensities).
/// \throws DataError   unreadable, or no voxel above half the CSF center
/// \throws UsageError  centers that do not increase from above 0
std::unique_ptr<Head> atlas_head(const std::string& t1_file, const std::vector<double>& centers);

}  // namespace kdseg::phantom

#include "phantom/brain/head.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/text.h"
#include "image/scan.h"
#include "phantom/solids.h"
#include "voxels/sample.h"

namespace kdseg::phantom {
namespace {

/// Dimensions follow an average adult brain: 132 mm wide, 164 mm long, 128 mm from the vertex to
/// the brain stem's cut; the cortex is 2.6 mm thick.
class AnalyticHead : public Head {
 public:
  Point half_extent_mm() const override { return {66, 82, 65}; }
  Point ventricles() const override { return {0, 2, 12}; }

  Mixture at(const Point& p, float fold, float shape, double blur_mm) const override {
    const double cerebrum = cerebrum_distance(p, shape), cerebellum = cerebellum_distance(p, shape);
    const double stem = capsule(p, {0, 14, -18}, {0, 24, -66}, 12) + std::max(0.0, -p[2] - 63);
    const double hull = smooth_min(smooth_min(cerebrum, cerebellum, 6), stem, 4);
    if (hull >= 0) return {};

    const double blur = std::max(blur_mm, 0.5);
    double csf = 0, gm = 0;
    const bool in_stem = stem < -1 && p[2] < -12;
    if (in_stem) {
      gm = 0.2;
    } else if (cerebellum < cerebrum) {
      cerebellum_mixture(p, cerebellum, fold, shape, blur, csf, gm);
    } else {
      cerebrum_mixture(p, cerebrum, fold, shape, blur, csf, gm);
    }
    if (!in_stem && cerebrum < 3 && cerebellum < 3)  // the tentorium between the two
      csf = std::max(csf, inside(0.5 * std::abs(cerebrum - cerebellum) - 0.8, blur));
    csf = std::max(csf, inside(ventricle_distance(p), blur));
    csf = std::max(csf, inside(-hull - 0.8, blur));  // under the skull
    gm = std::min(gm, 1 - csf);
    return {true, !in_stem && cerebrum < cerebellum, static_cast<float>(1 - csf - gm),
            static_cast<float>(gm), static_cast<float>(csf)};
  }

 private:
  static double cerebrum_distance(const Point& p, float shape) {
    // Narrower in front; flat below, rising toward the orbits.
    const Point q{p[0] * (1 - 0.0012 * p[1]), p[1], p[2]};
    const double body = ellipsoid(q, {0, 0, 3}, {66, 82, 61});
    const double floor = -40 + 0.35 * std::max(0.0, -p[1] - 22) - p[2];
    return -smooth_min(-body, -floor, 12) + 1.4 * shape;
  }
  static double cerebellum_distance(const Point& p, float shape) {
    return ellipsoid(p, {0, 47, -38}, {48, 31, 24}) + 0.8 * shape;
  }

  static double ventricle_distance(const Point& p) {
    const double x = std::abs(p[0]);
    const double body = ellipsoid({x, p[1], p[2] + 0.006 * p[1] * p[1]}, {10, -4, 17}, {6, 31, 7});
    const double atrium = ellipsoid({x, p[1], p[2]}, {21, 28, 8}, {7, 15, 9});
    const double temporal = capsule({x, p[1], p[2]}, {26, 24, 2}, {31, -2, -17}, 2.2);
    const double third = ellipsoid(p, {0, 4, 0}, {2.2, 14, 10});
    const double fourth = ellipsoid(p, {0, 34, -34}, {6, 5, 7});
    const double lateral = smooth_min(smooth_min(body, atrium, 6), temporal, 3);
    return std::min({lateral, third, fourth});
  }

  static double deep_gray_distance(const Point& p) {
    const Point q{std::abs(p[0]), p[1], p[2]};
    const double thalamus = ellipsoid(q, {11, 8, 3}, {8, 14, 9});
    const double lentiform = ellipsoid(q, {25, -6, 2}, {7, 17, 11});
    const double caudate = ellipsoid(q, {16, -20, 9}, {5, 11, 9});
    return std::min({thalamus, lentiform, caudate});
  }

  /// Distance to the fissure between the hemispheres, which ends above the corpus callosum.
  static double fissure_distance(const Point& p, float shape) {
    const double x = std::abs(p[0] + 1.2 * shape);
    const double r = std::hypot(p[1] / 46, (p[2] - 2) / 25);
    const double callosum = (r - 1) * 25;  // mm, negative where the hemispheres are joined
    return callosum >= 0 ? x : std::hypot(x, callosum);
  }

  static void cerebrum_mixture(const Point& p, double surface, float fold, float shape, double blur,
                               double& csf, double& gm) {
    const double depth = -surface;
    // Zero crossings of the folding noise are the sulci: |value| / E|gradient| is about the
    // distance to the nearest one; E|gradient| of such noise is 1.13 / sigma per mm.
    const double sideways = std::abs(fold) * fold_sigma_mm / 1.13;
    const double bottom = 16 + 5 * shape;
    const double half_width = 0.75 * std::clamp(1 - depth / std::max(bottom, 4.0), 0.0, 1.0) + 0.15;
    const double below = std::max(0.0, depth - bottom);
    const double sulcus = std::hypot(sideways, below) - half_width;
    const double fissure = fissure_distance(p, shape) - 0.9;
    const double pia = std::min({sulcus, depth - 0.8, fissure});
    csf = inside(pia, blur);
    // Fibers run through gray matter: no voxel of a real scan is as gray as the class's mean.
    gm = std::max(0.85 * inside(pia - 2.6, blur), 0.75 * inside(deep_gray_distance(p), blur));
  }

  static void cerebellum_mixture(const Point& p, double surface, float fold, float shape,
                                 double blur, double& csf, double& gm) {
    const Point q{std::abs(p[0]), p[1], p[2]};
    const double core = ellipsoid(q, {17, 42, -38}, {18, 13, 8}) + 2.5 * fold;
    // Folia are thin horizontal leaves: seen on fine grids, an even mixture on coarse ones.
    const double leaves = std::sin(p[2] * 1.5 + 2 * shape + 0.02 * square(p[1] - 47) / 10);
    const double contrast = std::clamp(1.6 - 0.4 * blur, 0.0, 1.0);
    const double cortex = 1 - inside(core, std::max(blur, 3.0));
    gm = 0.6 * cortex;
    csf =
        cortex * std::clamp(0.1 + 0.1 * contrast * leaves, 0.0, 1.0) * (surface > -14 ? 1.0 : 0.5);
  }
};

/// Fractions read from an atlas, centered on the middle of its brain.
class AtlasHead : public Head {
 public:
  AtlasHead(Image t1, std::vector<double> centers)
      : t1_(std::move(t1)), centers_(std::move(centers)) {
    to_voxel_ = voxels::world_to_voxel(t1_.grid);
    const auto to_world = voxels::voxel_to_world(t1_.grid);
    Point low{1e9, 1e9, 1e9}, high{-1e9, -1e9, -1e9};
    const auto& n = t1_.grid.size;
    for (int64_t i = 0; i < t1_.grid.voxel_count(); ++i) {
      if (t1_.voxels[i] < 0.5 * centers_[0]) continue;
      const Point p = to_world({static_cast<double>(i % n[0]), static_cast<double>(i / n[0] % n[1]),
                                static_cast<double>(i / (n[0] * n[1]))});
      for (int a = 0; a < 3; ++a) {
        low[a] = std::min(low[a], p[a]);
        high[a] = std::max(high[a], p[a]);
      }
    }
    for (int a = 0; a < 3; ++a) {
      middle_[a] = 0.5 * (low[a] + high[a]);
      half_extent_[a] = 0.5 * (high[a] - low[a]);
    }
  }
  Point half_extent_mm() const override { return half_extent_; }
  Point ventricles() const override { return {0, 2, 8}; }

  Mixture at(const Point& p, float, float, double) const override {
    const Point v = to_voxel_({p[0] + middle_[0], p[1] + middle_[1], p[2] + middle_[2]});
    const double value =
        voxels::sample_linear(t1_.grid.size, t1_.voxels.data(), v, voxels::Outside::fill, 0.0f);
    if (value < 0.5 * centers_[0]) return {};
    const double low = std::clamp((value - centers_[0]) / (centers_[1] - centers_[0]), 0.0, 1.0);
    const double high = std::clamp((value - centers_[1]) / (centers_[2] - centers_[1]), 0.0, 1.0);
    // The cerebellum and the brain stem fill the lower third at the back.
    const bool cerebrum = p[2] > -0.3 * half_extent_[2] || p[1] < 0;
    return {true, cerebrum, static_cast<float>(high), static_cast<float>(low - high),
            static_cast<float>(1 - low)};
  }

 private:
  Image t1_;
  std::vector<double> centers_;
  voxels::Affine to_voxel_;
  Point middle_{}, half_extent_{};
};

}  // namespace

std::unique_ptr<Head> analytic_head() { return std::make_unique<AnalyticHead>(); }

std::unique_ptr<Head> atlas_head(const std::string& t1_file, const std::vector<double>& centers) {
  if (centers.size() != 3 ||
      !(centers[0] > 0 && centers[1] > centers[0] && centers[2] > centers[1]))
    throw UsageError(
        "atlas-centers: expected three increasing intensities above 0 (CSF, gray, white matter)");
  Image t1 = image::read_scan(t1_file).image;
  if (std::none_of(t1.voxels.begin(), t1.voxels.end(),
                   [&](float v) { return v >= 0.5 * centers[0]; }))
    throw DataError(
        "{}: no voxel reaches {}, half the intensity given for CSF; choose "
        "--atlas-centers for this scan",
        t1_file, exact(0.5 * centers[0]));
  return std::make_unique<AtlasHead>(std::move(t1), centers);
}

}  // namespace kdseg::phantom

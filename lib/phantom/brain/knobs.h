// Every adjustable property of a synthetic cohort of brains, with its unit, range and default.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "base/volume.h"
#include "phantom/knobs.h"

namespace kdseg::phantom {

/// Defaults give tumors near the sizes and contrasts of BraTS 2018. Pairs are the low and high end
/// of a uniform draw per case. Lengths are in mm of a head of natural size.
struct BrainKnobs {
  // Anatomy.
  double rotation_deg = 4, scale_deviation = 0.05, displacement_mm = 4;
  std::vector<double> ventricle_dilation_mm{0, 4};
  // Tumor.
  double lgg_probability = 0.25, lgg_without_et = 0.37;
  std::vector<double> radius_mm{12, 24}, axis_ratio{0.75, 1.3}, depth_mm{16, 44};
  double shape_noise = 0.18;
  std::vector<double> edema_hgg_mm{8, 20}, edema_lgg_mm{2, 10};
  double vitality_hgg = 0.9, vitality_slope = 1.5, vitality_noise_hgg = 0.55;
  double vitality_lgg = -0.9, vitality_noise_lgg = 0.5, vitality_sigma_mm = 4.4;
  double mass_effect = 0, label_noise = 0;
  // Contrast agent and tissue.
  double contrast_mmol = 0.14;  ///< concentration in mmol/l (mM)
  double contrast_spread = 0.25, kappa = 0.25;
  double heterogeneity_lesion = 0.16, heterogeneity_healthy = 0.05;
  double jitter_lesion = 0.08, jitter_healthy = 0.035;
  // Scanner.
  std::string t1_variant = "spin-echo";
  double noise = 0.03, misregistration_mm = 0.5;
  std::vector<double> bias{0.06, 0.14}, slice_thickness_mm{1, 5}, gain{250, 900};
  int64_t vessels = 0;

  bool operator==(const BrainKnobs&) const = default;
};

/// What gates and help pages group knobs by.
struct BrainGroup {
  static constexpr const char* anatomy = "Brain: anatomy";
  static constexpr const char* tumor = "Brain: tumor";
  static constexpr const char* tissue = "Brain: tissue and contrast agent";
  static constexpr const char* scanner = "Brain: scanner";
};

/// The table of knobs (see phantom/knobs.h).
template <class K, class Visitor>
requires std::same_as<std::remove_const_t<K>, BrainKnobs>
void visit_knobs(K& k, Visitor& visitor);

/// Voxel grid in BraTS's geometry: identity direction, origin (0, -(ny-1) spacing, 0).
/// `size`: tiny (48x48x32 at 4 mm), small (96x112x80 at 2 mm) or full (240x240x155 at 1 mm).
/// \throws UsageError  unknown size
Grid grid_of_size(const std::string& size);
/// \throws UsageError  not three numbers of voxels in 16..512, or a spacing outside 0.5..8 mm
Grid grid_of(const std::vector<int64_t>& voxels, double spacing_mm);

// ---------------------------------------------------------------------------------------------

template <class K, class Visitor>
requires std::same_as<std::remove_const_t<K>, BrainKnobs>
void visit_knobs(K& k, Visitor& v) {
  v.group(BrainGroup::anatomy);
  v.number("rotation", k.rotation_deg,
           "standard deviation of the head's rotation, degrees per axis", 0, 20);
  v.number("scale-deviation", k.scale_deviation,
           "standard deviation of the head's size, fraction per axis", 0, 0.15);
  v.number("displacement", k.displacement_mm,
           "amplitude (two standard deviations) of the smooth deformation, mm", 0, 12);
  v.range("ventricle-dilation", k.ventricle_dilation_mm,
          "low and high end: outward shift of the ventricles' walls, mm", 0, 8);
  v.group(BrainGroup::tumor);
  v.number("lgg-probability", k.lgg_probability,
           "share of low-grade cases (75 of 285 in BraTS 2018)", 0, 1);
  v.number("lgg-without-et", k.lgg_without_et,
           "share of the low-grade cases in which nothing enhances (27 of 75 in BraTS 2018)", 0, 1);
  v.range("radius", k.radius_mm, "low and high end: radius of the tumor core, mm", 4, 40);
  v.range("axis-ratio", k.axis_ratio, "low and high end: axes of the core relative to its radius",
          0.4, 2.5);
  v.range("tumor-depth", k.depth_mm,
          "low and high end: distance of the core's center from the brain's surface, mm", 4, 60);
  v.number("shape-noise", k.shape_noise, "irregularity of the outline, fraction of the radius", 0,
           0.5);
  v.range("edema-hgg", k.edema_hgg_mm, "low and high end: width of high-grade edema, mm", 0, 40);
  v.range("edema-lgg", k.edema_lgg_mm, "low and high end: width of low-grade edema, mm", 0, 40);
  v.number("vitality-hgg", k.vitality_hgg,
           "vitality at the edge of a high-grade core; above 0 it enhances", -2, 2);
  v.number("vitality-slope", k.vitality_slope,
           "loss of vitality from the edge to the center of a high-grade core", 0, 5);
  v.number("vitality-noise-hgg", k.vitality_noise_hgg, "standard deviation of vitality, high grade",
           0, 2);
  v.number("vitality-lgg", k.vitality_lgg, "mean vitality of a low-grade core", -3, 2);
  v.number("vitality-noise-lgg", k.vitality_noise_lgg, "standard deviation of vitality, low grade",
           0, 2);
  v.number("vitality-sigma", k.vitality_sigma_mm, "smoothness of the vitality field, mm", 1.5, 20);
  v.number("mass-effect", k.mass_effect,
           "displacement of the anatomy at the core's edge, fraction of the radius", 0, 0.3);
  v.number("label-noise", k.label_noise,
           "probability that a tumor voxel's label is redrawn at random; the images stay as they "
           "are, so the same seed without it gives the clean reference",
           0, 0.3);
  v.group(BrainGroup::tissue);
  v.number("contrast", k.contrast_mmol,
           "median concentration of contrast agent in enhancing tumor, mM; 0 makes T1ce carry "
           "nothing that T1 does not (negative control)",
           0, 0.4);
  v.number("contrast-spread", k.contrast_spread,
           "standard deviation of the logarithm of the concentration between cases", 0, 1);
  v.number("kappa", k.kappa,
           "how far lesion classes differ without contrast agent: 0 alike, 1 as in the literature",
           0, 1);
  v.number("heterogeneity-lesion", k.heterogeneity_lesion,
           "within-class spread of log T1 and log T2, lesions", 0, 0.3);
  v.number("heterogeneity-healthy", k.heterogeneity_healthy,
           "within-class spread of log T1 and log T2, healthy tissue", 0, 0.3);
  v.number("jitter-lesion", k.jitter_lesion,
           "between-case spread of log T1 and log T2, lesions (proton density half of it)", 0, 0.2);
  v.number("jitter-healthy", k.jitter_healthy,
           "between-case spread of log T1 and log T2, healthy tissue (proton density half of it)",
           0, 0.2);
  v.group(BrainGroup::scanner);
  v.choice("t1-variant", k.t1_variant, "sequence of T1 and T1ce", {"spin-echo", "gradient-echo"});
  v.number("noise", k.noise, "Rician noise, fraction of the signal of white matter", 0, 0.1);
  v.range("bias", k.bias, "low and high end: standard deviation of the logarithm of the bias field",
          0, 0.5);
  v.range("slice-thickness", k.slice_thickness_mm, "low and high end per sequence: thickness, mm",
          0, 8);
  v.number("misregistration", k.misregistration_mm, "largest shift of each sequence per axis, mm",
           0, 4);
  v.range("gain", k.gain, "low and high end per sequence: intensity of white matter", 50, 4000);
  v.integer("vessels", k.vessels, "bright vessels outside the tumor on T1ce, number per case", 0,
            40);
}

}  // namespace kdseg::phantom

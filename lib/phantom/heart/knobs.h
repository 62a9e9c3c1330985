// Every adjustable property of a synthetic cohort of hearts in CT and MR.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "phantom/knobs.h"

namespace kdseg::phantom {

/// Defaults give volumes near those of MM-WHS 2017 and contrasts of contrast-enhanced CT and of
/// balanced SSFP at 1.5 T. Pairs are the low and high end of a uniform draw per case. Lengths are
/// in mm of a heart of scale 1.
struct HeartKnobs {
  std::string modality = "both";                       ///< ct, mr, both
  std::string appearance = "own";                      ///< own, ct, mr
  std::string ct_labels = "true", mr_labels = "true";  ///< true, other-case, permuted
  int64_t ct_turned = 10, mr_turned = 3, code_421 = 1;
  // Anatomy.
  double scale = 1.05, scale_deviation = 0.07, rotation_deg = 10, displacement_mm = 3;
  double position_mm = 4;
  std::vector<double> lv_radius_mm{18, 25}, lv_length_mm{68, 86}, wall_mm{8.5, 12};
  std::vector<double> rv_size{0.92, 1.15}, atrium_size{0.85, 1.15};
  std::vector<double> aorta_radius_mm{13, 16.5}, pulmonary_radius_mm{12, 15}, fat_mm{3, 8};
  int64_t vein_stumps = 0;
  // CT.
  double arterial_hu = 380, arterial_deviation_hu = 80;
  std::vector<double> venous_level{0.3, 1.1};
  double streaming_hu = 60, myocardium_hu = 105, myocardium_deviation_hu = 15;
  double ct_blur_mm = 0.7;
  std::vector<double> ct_noise_hu{15, 35};
  // MR.
  std::vector<double> flip_deg{55, 90}, repetition_ms{3.5, 4.5}, blood_factor{0.55, 0.95};
  double fat_suppression = 0.7, banding = 0.2;
  std::vector<double> mr_bias{0.2, 0.4}, mr_noise{0.04, 0.08}, respiration_mm{1, 2};
  std::vector<double> mr_gain{200, 1500};

  bool operator==(const HeartKnobs&) const = default;
};

/// What gates and help pages group knobs by.
struct HeartGroup {
  static constexpr const char* cohort = "Heart: cohort";
  static constexpr const char* anatomy = "Heart: anatomy";
  static constexpr const char* ct = "Heart: CT";
  static constexpr const char* mr = "Heart: MR";
};

/// The table of knobs (see phantom/knobs.h).
template <class K, class Visitor>
requires std::same_as<std::remove_const_t<K>, HeartKnobs>
void visit_knobs(K& k, Visitor& v) {
  const std::vector<std::string> label_words{"true", "other-case", "permuted"};
  v.group(HeartGroup::cohort);
  v.choice("modality", k.modality,
           "scans to write; both: --cases hearts in CT and as many others in MR",
           {"ct", "mr", "both"});
  v.choice("appearance", k.appearance,
           "what scans look like, whatever they are called; ct or mr makes both modalities look "
           "alike (negative control)",
           {"own", "ct", "mr"});
  v.choice(
      "ct-labels", k.ct_labels,
      "labels of the CT cases: true, those of another case on the same grid, or with the codes "
      "of the seven structures permuted at random in each case (negative controls)",
      label_words);
  v.choice("mr-labels", k.mr_labels, "the same for the MR cases", label_words);
  v.integer("ct-turned", k.ct_turned,
            "every Nth CT case is stored along other or reversed axes (MM-WHS: 2 of 20); 0: none",
            0, 999);
  v.integer("mr-turned", k.mr_turned, "the same for MR cases", 0, 999);
  v.integer(
      "code-421", k.code_421,
      "number of MR cases whose left atrium has the code 421 in some voxels, from the tenth on "
      "(MM-WHS: mr_train_1010)",
      0, 999);
  v.group(HeartGroup::anatomy);
  v.number("heart-scale", k.scale, "mean size of the heart, no unit", 0.7, 1.4);
  v.number("heart-scale-deviation", k.scale_deviation,
           "standard deviation of the heart's size, no unit", 0, 0.15);
  v.number("heart-rotation", k.rotation_deg,
           "standard deviation of the heart's rotation, degrees per axis", 0, 20);
  v.number("heart-displacement", k.displacement_mm,
           "amplitude (two standard deviations) of the smooth deformation, mm", 0, 8);
  v.number("heart-position", k.position_mm,
           "standard deviation of the heart's place in the scan, mm per axis", 0, 10);
  v.range("lv-radius", k.lv_radius_mm, "low and high end: radius of the left ventricle's base, mm",
          10, 40);
  v.range("lv-length", k.lv_length_mm, "low and high end: length of the left ventricle, mm", 40,
          120);
  v.range("lv-wall", k.wall_mm, "low and high end: thickness of the myocardium, mm", 3, 25);
  v.range("rv-size", k.rv_size, "low and high end: size of the right ventricle, no unit", 0.6, 1.6);
  v.range("atrium-size", k.atrium_size, "low and high end: size of either atrium, no unit", 0.6,
          1.6);
  v.range("aorta-radius", k.aorta_radius_mm, "low and high end: radius of the aorta, mm", 6, 25);
  v.range("pulmonary-radius", k.pulmonary_radius_mm,
          "low and high end: radius of the pulmonary artery, mm", 6, 25);
  v.range("heart-fat", k.fat_mm, "low and high end: thickness of the fat around the heart, mm", 0,
          15);
  v.integer("vein-stumps", k.vein_stumps,
            "pulmonary veins that belong to the left atrium for their first centimeter, number", 0,
            4);
  v.group(HeartGroup::ct);
  v.number("arterial", k.arterial_hu,
           "mean level of blood in the left heart and aorta, HU (each case within 220 to 600)", 220,
           600);
  v.number("arterial-deviation", k.arterial_deviation_hu,
           "standard deviation of that level between cases, HU", 0, 200);
  v.range(
      "venous-level", k.venous_level,
      "low and high end: level in the right heart and pulmonary artery, fraction of the arterial "
      "one; 0.3 to 0.5 makes the right heart hard to see",
      0.1, 1.5);
  v.number("streaming", k.streaming_hu,
           "standard deviation of the mixing contrast agent in the right atrium, HU", 0, 200);
  v.number("myocardium", k.myocardium_hu, "mean level of the myocardium, HU", 40, 250);
  v.number("myocardium-deviation", k.myocardium_deviation_hu,
           "standard deviation of that level between cases, HU", 0, 60);
  v.number("ct-blur", k.ct_blur_mm, "standard deviation of the point spread and of noise, mm", 0.1,
           3);
  v.range("ct-noise", k.ct_noise_hu, "low and high end: standard deviation of noise, HU", 0, 150);
  v.group(HeartGroup::mr);
  v.range("flip-angle", k.flip_deg, "low and high end: flip angle, degrees", 10, 120);
  v.range("repetition-time", k.repetition_ms,
          "low and high end: repetition time, ms; the echo time is half of it", 2, 8);
  v.range(
      "blood-factor", k.blood_factor,
      "low and high end: signal of blood relative to that of blood at rest, no unit; lower gives "
      "less contrast to the myocardium",
      0.2, 1.5);
  v.number("fat-suppression", k.fat_suppression, "share of the cases with suppressed fat", 0, 1);
  v.number("banding", k.banding, "share of the cases with a dark stripe of off-resonance", 0, 1);
  v.range("mr-bias", k.mr_bias,
          "low and high end: standard deviation of the logarithm of the bias field", 0, 1);
  v.range("mr-noise", k.mr_noise, "low and high end: Rician noise, fraction of the signal of blood",
          0, 0.3);
  v.range("respiration", k.respiration_mm,
          "low and high end: blur along the body by breathing, standard deviation in mm", 0, 6);
  v.range("mr-gain", k.mr_gain, "low and high end: intensity of blood, no unit", 50, 4000);
}

}  // namespace kdseg::phantom

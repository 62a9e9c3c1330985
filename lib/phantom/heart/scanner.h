// From tissues around and in a heart to the CT or MR scan of it.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "phantom/heart/anatomy.h"

namespace kdseg::phantom {

using TissueValues = std::array<double, tissues>;

/// Mean HU of the tissues of one case. Sources: myocardium: lateral and septal wall 79 and 104 HU,
/// J Cardiovasc Comput Tomogr 2011;5:406 (320-row CTA).
TissueValues case_hounsfield(const HeartKnobs& knobs, Random& random);

/// Signal of a balanced SSFP sequence, no unit, T2* taken as T2:
/// S = PD sin a (1-E1) / (1 - (E1-E2) cos a - E1 E2) exp(-TE/T2).
double balanced_ssfp(double pd, double t1_ms, double t2_ms, double tr_ms, double te_ms,
                     double flip_deg);

/// Signals of the tissues of one case at 1.5 T relative to that of blood. T1 and T2: Stanisz et al.
/// 2005, MRM 54:507 (blood, muscle, liver; myocardium by 1.5 T heart muscle), de Bazelaire et al.
/// 2004, Radiology 230:652 (fat); proton densities are design values.
TissueValues case_mr_signals(const HeartKnobs& knobs, Random& random);

/// CT in HU: point spread, correlated noise, mixing contrast agent in the right atrium; from -1024.
/// Each voxel is the mean over its extent.
std::vector<int16_t> scan_ct(const Heart& heart, const Frame& frame, const HeartKnobs& knobs,
                             uint64_t seed, uint64_t index, const std::string& modality);

/// MR: blur by breathing along z, surface coils' bias field, a dark stripe in some cases, Rician
/// noise, gain; from 0.
std::vector<int16_t> scan_mr(const Heart& heart, const Frame& frame, const HeartKnobs& knobs,
                             uint64_t seed, uint64_t index, const std::string& modality);

}  // namespace kdseg::phantom

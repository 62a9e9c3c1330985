// MR physics: tissue parameters at 3 T and the signal equations of the four sequences.
#pragma once
#include <array>
#include <string>

#include "base/random.h"
#include "phantom/brain/knobs.h"

namespace kdseg::phantom {

struct Tissue {
  double pd, t1_ms, t2_ms;
};

/// What a voxel can be made of. NET is the core of a low-grade tumor where it does not enhance,
/// NCR that of a high-grade one; both carry label 1.
enum Compartment { wm, gm, csf, edema, enhancing, necrosis, non_enhancing, blood, compartments };

/// Literature and design values at 3 T.
/// Sources: Wansapura et al. 1999, JMRI 9:531 (WM, GM); Lu et al. 2005, JMRI 22:13 (CSF, blood);
/// lesions are design values within the ranges published for glioma.
const std::array<Tissue, compartments>& reference_tissues();

/// The tissues of one case: lesion classes pulled toward their common mean (PD 0.865, T1 1600 ms,
/// T2 145 ms) as p = m (p0/m)^kappa, then jittered between cases.
std::array<Tissue, compartments> case_tissues(const BrainKnobs& knobs, Random stream);

/// Shortens T1 and T2 by `concentration_mmol` (mM) of agent: 1/T' = 1/T + r C, r1 4.5, r2 5.5
/// /(mM s) (Rohrer et al. 2005, Invest Radiol 40:715, common agents at 3 T).
Tissue with_contrast(const Tissue& tissue, double concentration_mmol);

struct Sequence {
  enum class Kind { spin_echo, gradient_echo, inversion_recovery } kind = Kind::spin_echo;
  double tr_ms = 0, te_ms = 0, ti_ms = 0, flip_deg = 0;
};

/// Signal of one tissue, no unit, >= 0 for the sequences drawn here.
/// spin echo: PD (1 - 2 exp(-(TR-TE/2)/T1) + exp(-TR/T1)) exp(-TE/T2);
/// inversion recovery (FLAIR): PD |1 - 2 exp(-TI/T1) + exp(-(TR-TE)/T1)| exp(-TE/T2);
/// gradient echo: PD sin a (1-E1)/(1-E1 cos a) exp(-TE/T2*), 1/T2* = 1/T2 + 1/(60 ms).
double signal(const Sequence& sequence, const Tissue& tissue);

/// The inversion time that nulls a tissue in a long-TR sequence: T1 ln(2/(1+exp(-TR/T1))).
double null_time_ms(double t1_ms, double tr_ms);

/// The case's four sequences in the order flair, t1, t1ce, t2; t1ce equals t1.
std::array<Sequence, 4> case_sequences(const BrainKnobs& knobs, Random stream);

enum SequenceIndex { flair, t1, t1ce, t2, sequences };
inline constexpr std::array<const char*, sequences> sequence_names{"flair", "t1", "t1ce", "t2"};

}  // namespace kdseg::phantom

// What scores are worth when a mask is empty: decided before any ratio or distance is computed.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/volume.h"
#include "metrics/overlap.h"

namespace kdseg::metrics {

enum class Status { normal, both_empty, ref_empty, pred_empty };

Status status_of(const Overlap& o);
std::string to_string(Status status);  ///< "normal", "both_empty", "ref_empty", "pred_empty"

/// brats: 1 or 0 and a penalty distance, as in the BraTS challenges until 2020. brats2023: the same
/// with 374 mm. nan: undefined scores are NaN (nnU-Net). exclude_both: NaN when both are empty,
/// the worst value when one is, for structures that every subject has.
enum class EmptyRule { brats, brats2023, nan, exclude_both };

const std::vector<std::string>& empty_rule_names();
EmptyRule empty_rule(const std::string& name);  ///< UsageError for an unknown name
std::string to_string(EmptyRule rule);

/// How a score behaves on empty masks.
enum class Kind {
  similarity,       ///< Dice, IoU, volume similarity: best 1, worst 0
  surface_part,     ///< part of a surface: like similarity, undefined without a surface under nan
  distance,         ///< mm: best 0, worst the penalty
  sensitivity,      ///< undefined where the reference is empty
  precision,        ///< undefined where the prediction is empty
  relative_volume,  ///< undefined where only the reference is empty, else computed
  counted           ///< defined by the counts whatever is empty (volumes, specificity)
};

/// The value of a score of this kind for a case with an empty mask; nothing where the counts give
/// the value: Status::normal, Kind::counted, a relative volume with voxels in the reference.
/// `penalty_mm` is what a missed structure costs.
std::optional<double> value_when_empty(EmptyRule rule, Kind kind, Status status, double penalty_mm);

/// The physical diagonal of the image, sqrt(sum (n_i s_i)^2), mm: 373.128664 for 240x240x155 at
/// 1 mm.
double diagonal_mm(const Grid& grid);

/// The penalty distance in mm: `asked` when given, else 374 under brats2023 and the diagonal
/// otherwise.
double penalty_mm(EmptyRule rule, std::optional<double> asked, const Grid& grid);

}  // namespace kdseg::metrics

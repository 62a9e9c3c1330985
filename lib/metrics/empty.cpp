#include "metrics/empty.h"

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Values for both empty, reference empty, prediction empty.
struct Row {
  double both, reference, prediction;
};

Row row_of(EmptyRule rule, Kind kind, double penalty) {
  const bool brats = rule == EmptyRule::brats || rule == EmptyRule::brats2023;
  const bool undefined = rule == EmptyRule::nan;
  switch (kind) {
    case Kind::similarity:
      return {brats ? 1.0 : nan, 0, 0};
    case Kind::surface_part:
      return undefined ? Row{nan, nan, nan} : Row{brats ? 1.0 : nan, 0, 0};
    case Kind::distance:
      return undefined ? Row{nan, nan, nan} : Row{brats ? 0.0 : nan, penalty, penalty};
    case Kind::sensitivity:
      return {brats ? 1.0 : nan, undefined ? nan : 0.0, 0};
    case Kind::precision:
      // A prediction without voxels has no precision; only exclude_both asks for the worst value.
      return {brats ? 1.0 : nan, 0, rule == EmptyRule::exclude_both ? 0.0 : nan};
    case Kind::relative_volume:
      return {brats ? 0.0 : nan, nan, nan};
    case Kind::counted:
      break;
  }
  return {nan, nan, nan};
}

}  // namespace

Status status_of(const Overlap& o) {
  if (o.referenced() == 0) return o.predicted() == 0 ? Status::both_empty : Status::ref_empty;
  return o.predicted() == 0 ? Status::pred_empty : Status::normal;
}

std::string to_string(Status status) {
  switch (status) {
    case Status::both_empty:
      return "both_empty";
    case Status::ref_empty:
      return "ref_empty";
    case Status::pred_empty:
      return "pred_empty";
    case Status::normal:
      break;
  }
  return "normal";
}

const std::vector<std::string>& empty_rule_names() {
  static const std::vector<std::string> names{"brats", "brats2023", "nan", "exclude-both"};
  return names;
}

EmptyRule empty_rule(const std::string& name) {
  const auto& names = empty_rule_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<EmptyRule>(i);
  throw UsageError("unknown rule for empty masks '{}'{}", name, did_you_mean(name, names));
}

std::string to_string(EmptyRule rule) { return empty_rule_names()[static_cast<size_t>(rule)]; }

std::optional<double> value_when_empty(EmptyRule rule, Kind kind, Status status,
                                       double penalty_mm) {
  if (status == Status::normal || kind == Kind::counted) return std::nullopt;
  if (kind == Kind::relative_volume && status == Status::pred_empty) return std::nullopt;
  const Row row = row_of(rule, kind, penalty_mm);
  if (status == Status::both_empty) return row.both;
  return status == Status::ref_empty ? row.reference : row.prediction;
}

double diagonal_mm(const Grid& grid) {
  double squares = 0;
  for (size_t i = 0; i < 3; ++i) {
    const double length = static_cast<double>(grid.size[i]) * grid.spacing_mm[i];
    squares += length * length;
  }
  return std::sqrt(squares);
}

double penalty_mm(EmptyRule rule, std::optional<double> asked, const Grid& grid) {
  if (asked) return *asked;
  return rule == EmptyRule::brats2023 ? 374.0 : diagonal_mm(grid);
}

}  // namespace kdseg::metrics

#include "scoring/common_grid.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "voxels/chain.h"
#include "voxels/position.h"

namespace kdseg::scoring {

std::vector<Step> lay_over(const std::string& what, const Grid& found, const Grid& reference,
                           bool ignore, bool part) {
  if (found == reference) return {};
  const auto at = voxels::position(found, reference);
  if (ignore && found.size == reference.size) {
    if (at.is_turned() || !at.agrees())
      log::warning("{} is compared voxel by voxel, where by the headers {}", what,
                   voxels::difference(found, reference));
    return {};
  }
  if (!ignore && at.agrees()) {
    if (at.is_turned()) return {at.turn};
    return {};
  }
  if (const auto placed = voxels::placement(at.turned, reference);
      !ignore && part && placed.on_lattice())
    return {at.turn, placed.box};
  if (found.size != reference.size)
    throw DataError("{} has {}, the reference {}", what, describe(found), describe(reference));
  throw DataError(
      "{} does not lie where the reference lies: {}; --ignore-geometry compares voxel by voxel",
      what, voxels::difference(found, reference));
}

void apply_steps(const std::vector<Step>& steps, Labels& labels, const Grid& reference) {
  for (const Step& step : steps) {
    const auto count = [](const Labels& l) {
      return std::count_if(l.voxels.begin(), l.voxels.end(), [](uint8_t v) { return v != 0; });
    };
    Labels laid = voxels::apply(labels, step);
    if (const auto lost = count(labels) - count(laid); lost > 0)
      throw DataError("{} labelled voxels lie outside the other's extent", lost);
    labels = std::move(laid);
  }
  labels.grid = reference;
}

Chain extended(const Chain& chain, const std::vector<Step>& steps) {
  Chain out{chain.source, {}};
  std::vector<Step> back;
  for (const Step& step : steps) {
    const Grid before = out.source;
    out.source = voxels::grid_after(before, step);
    back.insert(back.begin(), voxels::inverse(before, step));
  }
  out.steps = std::move(back);
  out.steps.insert(out.steps.end(), chain.steps.begin(), chain.steps.end());
  return out;
}

}  // namespace kdseg::scoring

#include "intake/common_grid.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "voxels/chain.h"
#include "voxels/position.h"

namespace kdseg::intake {

Laid lay_over(const std::string& what, const Grid& found, const std::string& reference,
              const Grid& grid, bool ignore, bool part) {
  if (found == grid) return {};
  const auto at = voxels::position(found, grid);
  if (ignore && found.size == grid.size) {
    const bool elsewhere = at.is_turned() || !at.agrees();
    if (elsewhere)
      log::warning("{} is taken voxel by voxel, where by the headers {}", what,
                   voxels::difference(found, grid));
    return {{}, elsewhere};
  }
  if (!ignore && at.agrees()) {
    if (at.is_turned()) return {{at.turn}, false};
    return {};
  }
  if (const auto placed = voxels::placement(at.turned, grid);
      !ignore && part && placed.on_lattice())
    return {{at.turn, placed.box}, false};
  if (found.size != grid.size)
    throw DataError("{} has {}, {} {}", what, describe(found), reference, describe(grid));
  throw DataError(
      "{} does not lie where {} lies: {}; resample it onto that grid, or --ignore-geometry takes "
      "the arrays voxel by voxel",
      what, reference, voxels::difference(found, grid));
}

void apply_steps(const std::string& what, const std::vector<Step>& steps, Labels& labels,
                 const Grid& grid) {
  for (const Step& step : steps) {
    const auto count = [](const Labels& l) {
      return std::count_if(l.voxels.begin(), l.voxels.end(), [](uint8_t v) { return v != 0; });
    };
    Labels laid = voxels::apply(labels, step);
    if (const auto lost = count(labels) - count(laid); lost > 0)
      throw DataError("{}: {} labelled voxels lie outside the other's extent", what, lost);
    labels = std::move(laid);
  }
  labels.grid = grid;
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

}  // namespace kdseg::intake

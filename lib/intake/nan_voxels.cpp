#include "intake/nan_voxels.h"

#include <cmath>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::intake {
namespace {

/// NaN voxels that no way through other NaN voxels connects with the border of the array.
int64_t enclosed(const Grid& grid, const std::vector<float>& voxels) {
  const auto& n = grid.size;
  std::vector<uint8_t> open(voxels.size());
  std::vector<int64_t> edge;
  const auto visit = [&](int64_t x, int64_t y, int64_t z) {
    const int64_t i = (z * n[1] + y) * n[0] + x;
    const auto at = static_cast<size_t>(i);
    if (open[at] != 0 || !std::isnan(voxels[at])) return;
    open[at] = 1;
    edge.push_back(i);
  };
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y)
      for (int64_t x = 0; x < n[0]; ++x)
        if (x == 0 || y == 0 || z == 0 || x == n[0] - 1 || y == n[1] - 1 || z == n[2] - 1)
          visit(x, y, z);
  while (!edge.empty()) {
    const int64_t i = edge.back();
    edge.pop_back();
    const int64_t x = i % n[0], y = i / n[0] % n[1], z = i / n[0] / n[1];
    if (x > 0) visit(x - 1, y, z);
    if (y > 0) visit(x, y - 1, z);
    if (z > 0) visit(x, y, z - 1);
    if (x + 1 < n[0]) visit(x + 1, y, z);
    if (y + 1 < n[1]) visit(x, y + 1, z);
    if (z + 1 < n[2]) visit(x, y, z + 1);
  }
  int64_t count = 0;
  for (size_t i = 0; i < voxels.size(); ++i) count += std::isnan(voxels[i]) && open[i] == 0;
  return count;
}

int64_t labelled(const std::vector<float>& voxels, const image::Scan& label) {
  int64_t count = 0;
  for (size_t i = 0; i < voxels.size(); ++i) {
    const float code = label.image.voxels[i];
    count += std::isnan(voxels[i]) && !std::isnan(code) && code != 0;
  }
  return count;
}

}  // namespace

void settle_nan_voxels(const CaseFiles& files, CaseScans& scans, std::vector<std::string>& notes) {
  std::vector<std::string> zeroed;
  const auto settle = [&](const std::string& channel, const std::string& path, image::Scan& scan) {
    if (scan.nan_voxels == 0) return;
    auto& voxels = scan.image.voxels;
    const bool is_label = scans.label && &scan == &*scans.label;
    const int64_t inside = enclosed(scans.grid, voxels);
    const int64_t named = is_label || !scans.label ? 0 : labelled(voxels, *scans.label);
    const auto count = fmt::format("{} of {} voxels are NaN", scan.nan_voxels, voxels.size());
    const auto where = fmt::format("{} of them enclosed by others", inside);
    if (named > 0)
      throw DataError(
          "{}: {}, {} of them where the label names a structure: no background; "
          "repair or replace the scan",
          path, count, named);
    if (!files.nan_is_zero)
      throw DataError("{}: {} ({}); --nan zero reads them as 0, as background", path, count, where);
    for (float& v : voxels)
      if (std::isnan(v)) v = 0;
    zeroed.push_back(fmt::format("{} {} ({})", channel, scan.nan_voxels, where));
  };
  for (size_t c = 0; c < scans.images.size(); ++c)
    settle(files.images[c].channel, files.images[c].path, scans.images[c]);
  if (scans.label) settle("label", files.label, *scans.label);
  if (!zeroed.empty()) notes.push_back("NaN voxels read as 0: " + join(zeroed));
}

}  // namespace kdseg::intake

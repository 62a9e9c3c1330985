#include "phantom/brain/case_files.h"

#include <algorithm>
#include <system_error>

#include "base/errors.h"
#include "base/folder.h"
#include "image/scan.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;

std::string scan_name(const std::string& id, const std::string& suffix, bool compressed) {
  return id + "_" + suffix + (compressed ? ".nii.gz" : ".nii");
}

/// The faults that change voxels: spline overshoot at the brain's edge, and a hot voxel in T1ce.
void spoil_voxels(const CasePlace& place, int sequence, std::vector<float>& voxels) {
  if (sequence == t1 && place.has("negative-voxels")) {
    int64_t brain = 0;
    for (float& v : voxels)
      if (v != 0 && brain++ % 500 == 0) v = -static_cast<float>(1 + brain * 37 % 136);
  }
  if (sequence == t1ce && place.has("extreme-maximum"))
    *std::max_element(voxels.begin(), voxels.end()) = 15462;
}

void write_segmentation(const CasePlace& place, const fs::path& folder, const Grid& grid,
                        const std::vector<uint8_t>& label, bool compressed,
                        const std::string& description) {
  const std::vector<int> codes(label.begin(), label.end());
  if (place.has("two-seg-candidates")) {
    for (const char* reader : {"reader1", "reader2"})
      image::write_codes(folder / scan_name(place.id, reader, compressed), grid, codes,
                         description);
  } else if (place.has("odd-seg-name")) {
    image::write_codes(folder / "W39_1998.09.19_Segm.nii", grid, codes, description);
  } else {
    image::write_codes(folder / scan_name(place.id, "seg", compressed), grid, codes, description);
  }
}

std::vector<float> voxels_of(const fs::path& path, const Grid& grid) {
  auto scan = image::read_scan(path);
  if (!same_grid(scan.image.grid, grid))
    throw DataError("{}: expected the grid {}, found {}", path.string(), describe(grid),
                    describe(scan.image.grid));
  return std::move(scan.image.voxels);
}

}  // namespace

bool CasePlace::has(const std::string& fault) const {
  return std::find(planted.begin(), planted.end(), fault) != planted.end();
}

std::string case_id(int64_t index, bool odd_prefix) {
  return fmt::format("{}_SYN01_{:04}_1", odd_prefix ? "BraTS18" : "Brats18", index + 1);
}

void write_case(const CasePlace& place, const Grid& grid, const BrainCase& made,
                const std::string& description) {
  const fs::path target = place.root / place.folder;
  const fs::path unfinished = target.parent_path() / ("." + place.id + ".partial");
  try {
    fs::remove_all(unfinished);
    fs::create_directories(unfinished);
    const bool compressed = !place.has("plain-nii");
    Grid flipped = grid;  // the same voxels, said to run right and forward
    flipped.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
    for (int s = 0; s < sequences; ++s) {
      std::vector<float> voxels(made.scans[s].begin(), made.scans[s].end());
      spoil_voxels(place, s, voxels);
      const bool mismatch = s == flair && place.has("header-mismatch");
      image::write_scan(unfinished / scan_name(place.id, sequence_names[s], compressed),
                        mismatch ? flipped : grid, voxels.data(), {"int16", description});
    }
    if (place.labelled)
      write_segmentation(place, unfinished, grid, made.label, compressed, description);
    fs::remove_all(target);
    fs::rename(unfinished, target);
  } catch (const fs::filesystem_error& error) {
    throw RunError("{}: cannot be written: {}", target.string(), error.code().message());
  }
}

BrainCase read_case(const CasePlace& place, const Grid& grid) {
  const fs::path folder = place.root / place.folder;
  BrainCase made;
  for (int s = 0; s < sequences; ++s) {
    const auto voxels = voxels_of(folder / scan_name(place.id, sequence_names[s], true), grid);
    made.scans[s].assign(voxels.begin(), voxels.end());
  }
  const auto label = voxels_of(folder / scan_name(place.id, "seg", true), grid);
  made.label.assign(label.begin(), label.end());
  return made;
}

std::vector<WrittenFile> files_of(const CasePlace& place) {
  return describe_files(place.root, visible_entries(place.root / place.folder));
}

}  // namespace kdseg::phantom

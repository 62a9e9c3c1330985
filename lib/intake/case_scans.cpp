#include "intake/case_scans.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "intake/annotation.h"
#include "voxels/chain.h"
#include "voxels/position.h"

namespace kdseg::intake {
namespace {

std::string name_of(const std::string& path) {
  const std::filesystem::path p(path);
  // A DICOM folder may be given with a slash behind it.
  return (p.has_filename() ? p.filename() : p.parent_path().filename()).string();
}

std::string shape_of(const Grid& grid) {
  return fmt::format("{}x{}x{}", grid.size[0], grid.size[1], grid.size[2]);
}

/// Lays the scans of a case over each other.
class Settling {
 public:
  Settling(const CaseFiles& files, CaseScans& scans) : files_(files), scans_(scans) {
    for (size_t c = 0; c < files.images.size(); ++c)
      if (files.images[c].channel ==
          (files.header_authority.empty() ? "t1" : files.header_authority))
        trusted_ = c;
    scans.grid = scans.images[trusted_].image.grid;
  }

  void operator()(std::vector<std::string>& notes) {
    for (size_t c = 0; c < files_.images.size(); ++c)
      settle(files_.images[c].channel, files_.images[c].path, scans_.images[c]);
    if (scans_.label) settle("label", files_.label, *scans_.label);
    if (!different_.empty())
      notes.push_back(fmt::format("headers differ from {}, whose geometry is used: {}",
                                  name_of(reference()), join(different_, "; ")));
    if (!turned_.empty())
      notes.push_back(
          fmt::format("axes turned to those of {}: {}", name_of(reference()), join(turned_)));
    if (!placed_.empty()) notes.push_back(placed_);
  }

 private:
  const std::string& reference() const { return files_.images[trusted_].path; }

  void settle(const std::string& channel, const std::string& path, image::Scan& scan) {
    const Grid& grid = scan.image.grid;
    if (grid == scans_.grid) return;
    if (files_.ignore_geometry || !files_.header_authority.empty())
      overlay(channel, path, scan);
    else if (const auto at = voxels::position(grid, scans_.grid); at.agrees())
      turn(path, scan, at);
    else if (!scan.segmentation || !place(path, scan, at))
      refuse(path, grid);
    scan.image.grid = scans_.grid;
  }

  /// Voxel by voxel, whatever the header says.
  void overlay(const std::string& channel, const std::string& path, const image::Scan& scan) {
    const Grid& grid = scan.image.grid;
    if (grid.size != scans_.grid.size) refuse(path, grid);
    note_difference(path, grid);
    const auto at = voxels::position(grid, scans_.grid);
    if (files_.ignore_geometry && (at.is_turned() || !at.agrees()))
      scans_.overlaid.push_back(channel);
  }

  void turn(const std::string& path, image::Scan& scan, const voxels::Position& at) {
    if (at.is_turned()) {
      scan.image = voxels::apply(scan.image, at.turn);
      turned_.push_back(name_of(path));
    }
    note_difference(path, at.turned);
  }

  /// \return false where the segmentation is no part of the scan's array
  bool place(const std::string& path, image::Scan& scan, const voxels::Position& at) {
    const auto part = voxels::placement(at.turned, scans_.grid);
    if (!part.on_lattice()) return false;
    Image turned = voxels::apply(scan.image, at.turn);
    const auto set = [](float v) { return v != 0; };
    const auto before = std::count_if(turned.voxels.begin(), turned.voxels.end(), set);
    scan.image = voxels::apply(turned, part.box);
    const auto lost =
        before - std::count_if(scan.image.voxels.begin(), scan.image.voxels.end(), set);
    if (lost > 0) throw DataError("{}: {} labelled voxels lie outside {}", path, lost, reference());
    placed_ = fmt::format("{} ({} voxels) placed at voxel {} {} {} of {}", name_of(path),
                          shape_of(at.turned), -part.box.begin[0], -part.box.begin[1],
                          -part.box.begin[2], name_of(reference()));
    return true;
  }

  void note_difference(const std::string& path, const Grid& grid) {
    if (!same_grid(grid, scans_.grid))
      different_.push_back(
          fmt::format("{} ({})", name_of(path), voxels::difference(grid, scans_.grid)));
  }

  [[noreturn]] void refuse(const std::string& path, const Grid& grid) const {
    if (grid.size != scans_.grid.size)
      throw DataError("{} has {} voxels, {} has {}; all scans of a case must share one grid", path,
                      shape_of(grid), reference(), shape_of(scans_.grid));
    throw DataError(
        "{} does not lie where {} lies: {}; resample it onto that grid, or --ignore-geometry lays "
        "the arrays over each other as they are",
        path, reference(), voxels::difference(grid, scans_.grid));
  }

  const CaseFiles& files_;
  CaseScans& scans_;
  size_t trusted_ = 0;
  std::vector<std::string> different_, turned_;
  std::string placed_;
};

}  // namespace

namespace {

/// The label of which each structure is a mask of its own; where masks meet the later one counts.
image::Scan read_masks(const CaseFiles& files, std::vector<std::string>& notes) {
  image::Scan label;
  int64_t shared = 0;
  for (const auto& [code, path] : files.masks) {
    image::Scan mask = image::read_scan(path);
    const bool first = label.image.voxels.empty();
    if (!first && !same_grid(mask.image.grid, label.image.grid))
      throw DataError("{}: {}, but {} has {}; masks of a case must share one grid", path,
                      describe(mask.image.grid), files.masks.front().second,
                      describe(label.image.grid));
    std::vector<float>& voxels = mask.image.voxels;
    for (size_t i = 0; i < voxels.size(); ++i) {
      if (voxels[i] != 0 && voxels[i] != 1)
        throw DataError("{}: value {:g}, expected a mask of 0 and 1", path, voxels[i]);
      const float before = first ? 0 : label.image.voxels[i];
      shared += voxels[i] != 0 && before != 0;
      voxels[i] = voxels[i] != 0 ? static_cast<float>(code) : before;
    }
    label = std::move(mask);
  }
  if (shared > 0)
    notes.push_back(fmt::format("{} voxels lie in several masks; the later one counts", shared));
  return label;
}

/// A network that sees the label as an image learns nothing and scores well.
void refuse_label_as_image(const CaseFiles& files) {
  if (files.label.empty()) return;
  for (const ImageFile& file : files.images) {
    std::error_code error;  // of a file that is not there, which its reader names
    if (std::filesystem::equivalent(file.path, files.label, error) && !error)
      throw DataError("{} is named for the label and for {}; expected a file of its own", file.path,
                      file.channel);
  }
}

}  // namespace

CaseScans read_case_scans(const CaseFiles& files, std::vector<std::string>& notes) {
  refuse_label_as_image(files);
  CaseScans scans;
  for (const ImageFile& file : files.images)
    if (file.volume == 0) {
      auto read = image::read_scans(file.path, file.volumes, image::NanVoxels::kept);
      note_header(file.path, read.front());
      std::move(read.begin(), read.end(), std::back_inserter(scans.images));
    }
  if (!files.masks.empty()) {
    scans.label = read_masks(files, notes);
  } else if (!files.label.empty() && !is_prediction(files.label)) {
    scans.label = image::read_scan(files.label, image::NanVoxels::kept);
    note_header(files.label, *scans.label);
  }
  Settling(files, scans)(notes);
  return scans;
}

}  // namespace kdseg::intake

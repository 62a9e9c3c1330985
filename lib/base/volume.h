// Plain structs for images, labels and cases: what every folder exchanges.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kdseg {

/// Sampling grid in the LPS world (mm). Triples are x, y, z; arrays are [z][y][x], x fastest.
/// The world position of voxel (i, j, k) is origin_mm + direction * (spacing_mm .* (i, j, k));
/// direction is row-major 3x3, its columns are the unit vectors of the array axes x, y, z.
struct Grid {
  std::array<int64_t, 3> size{0, 0, 0};
  std::array<double, 3> spacing_mm{1, 1, 1};
  std::array<double, 3> origin_mm{0, 0, 0};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};

  int64_t voxel_count() const { return size[0] * size[1] * size[2]; }
  double voxel_volume_ml() const { return spacing_mm[0] * spacing_mm[1] * spacing_mm[2] / 1000.0; }
  bool operator==(const Grid&) const = default;
};

/// Whether the sizes agree and spacing, origin and direction differ by at most `tolerance`.
bool same_grid(const Grid& a, const Grid& b, double tolerance = 1e-3);

/// "240x240x155 at 1x1x1 mm": for messages.
std::string describe(const Grid& grid);

/// One or several channels on one grid; voxels are [C][z][y][x].
struct Image {
  Grid grid;
  std::vector<std::string> channels;
  std::vector<float> voxels;

  float* channel(size_t c) { return voxels.data() + c * static_cast<size_t>(grid.voxel_count()); }
  const float* channel(size_t c) const {
    return voxels.data() + c * static_cast<size_t>(grid.voxel_count());
  }
};

/// One class index (or mask value) per voxel, [z][y][x].
struct Labels {
  Grid grid;
  std::vector<uint8_t> voxels;
};

/// What the consecutive class indices of a label array mean. Index 0 is the background.
struct ClassTable {
  std::vector<std::string> names;  ///< "background", "NCR", "ED", "ET"
  std::vector<int> codes;          ///< value of each class in label files, e.g. 0 1 2 4

  bool operator==(const ClassTable&) const = default;
};

/// A named union of classes that is scored as one structure, e.g. TC = NCR + ET.
struct Region {
  std::string name;
  std::vector<int> codes;  ///< on-disk codes, not class indices
  bool operator==(const Region&) const = default;
};

/// Soft labels: how far each voxel belongs to each channel, from 0 to 1.
struct Shares {
  Image image;  ///< [K][z][y][x]; channels are named by class or region
  /// Channels are all the classes in their order and sum to 1 in every voxel; else they are regions
  /// that may overlap.
  bool exclusive = true;

  /// What lies beyond the arrays, one value per channel: background for certain.
  std::vector<float> outside() const;
};

/// One patient: channels, and where known the labels and the brain (or body) mask, on one grid.
struct Case {
  std::string id, stratum;
  Image image;
  std::optional<Labels> label, brain;
  ClassTable classes;           ///< empty where there is neither label nor share
  std::vector<Region> regions;  ///< the data set's scored regions; empty: one per class
  std::optional<Shares> share;  ///< soft labels, beside the label or instead of it
};

/// Output axis i (x, y, z) is input axis axis[i], reversed where flip[i].
struct Reorient {
  std::array<int, 3> axis{0, 1, 2};
  std::array<bool, 3> flip{false, false, false};
  bool operator==(const Reorient&) const = default;
};

/// Output voxel 0 is input voxel `begin`; parts beyond the input are padding (begin may be
/// negative).
struct Box {
  std::array<int64_t, 3> begin{0, 0, 0};
  std::array<int64_t, 3> size{0, 0, 0};
  bool operator==(const Box&) const = default;
};

/// Resampling onto `target` (same world): images linearly, labels by nearest neighbor.
struct Resample {
  Grid target;
  bool operator==(const Resample&) const = default;
};

using Step = std::variant<Reorient, Box, Resample>;

/// How a volume's grid came from the grid of the scan: steps applied in order to `source`.
struct Chain {
  Grid source;
  std::vector<Step> steps;
  bool operator==(const Chain&) const = default;
};

/// A case on its way: the data, the way back to the scan, and the recipe that made it.
/// A source volume has recipe id "source"; any other id is a prepared volume.
struct Volume {
  Case data;
  Chain chain;
  std::string recipe_id = "source";
  std::string recipe_ini;  ///< full text of the fitted recipe; empty for a source volume
  /// Channels, and `label`, that were laid over the others voxel by voxel although their headers
  /// said another place.
  std::vector<std::string> overlaid = {};
};

}  // namespace kdseg

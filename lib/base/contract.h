// What a network expects and what its output means; stored in every checkpoint.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg {

/// Meaning of the K output channels. softmax: exclusive classes, channel 0 the background.
/// sigmoid: independent regions, each the union classes_of[k] of class indices.
/// image: intensities, taken as they are; the names are those of the channels that a volume gains.
struct Head {
  enum class Kind { softmax, sigmoid, image } kind = Kind::softmax;
  std::vector<std::string> names;  ///< K names
  std::vector<std::vector<int>>
      classes_of;          ///< K lists of class indices; {k} for softmax, {} for image
  std::vector<int> codes;  ///< on-disk code per class index; none for image
  bool operator==(const Head&) const = default;
  int64_t channels() const { return static_cast<int64_t>(names.size()); }
};

/// One channel per class, in their order.
Head softmax_head(const ClassTable& classes);

/// How a network is laid over a volume. Triples are x, y, z voxels.
struct Tiling {
  enum class Kind { whole, window, slices } kind = Kind::whole;
  std::array<int64_t, 3> size{0, 0, 0};
  double overlap = 0.5;  ///< fraction of the window shared by neighbors, [0, 1)
  bool operator==(const Tiling&) const = default;
};

struct Contract {
  std::vector<std::string> channels;  ///< in the order of the input tensor
  std::string recipe_id, recipe_ini;  ///< the fitted recipe that prepares the input
  Head head;
  std::vector<Region> regions;  ///< what is scored by default
  Tiling tiling;
  bool operator==(const Contract&) const = default;
};

}  // namespace kdseg

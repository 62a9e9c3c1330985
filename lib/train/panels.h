// A picture of what a translator does: the first thing to look at.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/case_store.h"
#include "methods/setup.h"

namespace kdseg::train {

struct Picture {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;  ///< [row][column][3]
};

/// Rows: the middle slices of the first `count` cases of either stream, FROM's before TO's.
/// Columns: the slice, its translation, the way back; intensities -1 to 1 from black to white, of
/// several channels the first. `cases` are FROM's and TO's.
Picture panels_of(const methods::TranslationSetup& translation,
                  const std::array<data::CaseStore*, 2>& cases, int64_t count, at::Device device);

}  // namespace kdseg::train

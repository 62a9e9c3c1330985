// On-disk label codes and consecutive class indices.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "intake/intake.h"

namespace kdseg::intake {

/// The code that a label value stands for: whole numbers, and what a slope or a detour through
/// another type leaves of them. Nothing beyond a hundredth of a whole number, as interpolation
/// gives it.
std::optional<int> whole_code(float value);

/// Class index of every voxel of a label scan. `name` (the file) starts messages; `notes` receives
/// a line where aliases were used. \throws DataError  values that are no whole numbers, or codes
/// without a class; counts stated
std::vector<uint8_t> classes_from_codes(const std::string& name, const std::vector<float>& values,
                                        const LabelMeaning& meaning,
                                        std::vector<std::string>& notes);

/// The reverse. \throws DataError  an index without a class
std::vector<int> codes_from_classes(const std::string& name, const std::vector<uint8_t>& classes,
                                    const ClassTable& table);

}  // namespace kdseg::intake

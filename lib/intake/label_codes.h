// On-disk label codes and consecutive class indices.
#pragma once
#include <string>
#include <vector>

#include "intake/intake.h"

namespace kdseg::intake {

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

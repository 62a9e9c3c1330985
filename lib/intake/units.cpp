#include <mutex>

#include "base/log.h"
#include "intake/intake.h"

namespace kdseg::intake {

void note_unknown_unit(const std::string& file) {
  static std::once_flag once;
  std::call_once(once, [&file] {
    log::info("{}: the header names no unit of length, millimeters are assumed (said once)", file);
  });
}

}  // namespace kdseg::intake

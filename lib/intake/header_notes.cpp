#include <mutex>
#include <set>

#include "base/log.h"
#include "intake/intake.h"

namespace kdseg::intake {
namespace {

std::once_flag unit, place;
std::mutex mutex;
std::set<std::string> told;  ///< some files are read more than once

template <class Scan>
void note(const std::string& file, const Scan& scan) {
  if (!scan.unit_known)
    std::call_once(unit, [&file] {
      log::info("{}: the header names no unit of length, millimeters are assumed (said once)",
                file);
    });
  if (!scan.placed)
    std::call_once(place, [&file] {
      log::warning(
          "{}: the header has neither a qform nor an sform; its axes are taken to run to the left, "
          "to the front and up (said once)",
          file);
    });
  if (scan.contradiction.empty()) return;
  const std::lock_guard lock(mutex);
  if (told.insert(file).second) log::warning("{}: {}", file, scan.contradiction);
}

}  // namespace

void note_header(const std::string& file, const image::Scan& scan) { note(file, scan); }
void note_header(const std::string& file, const image::CodeScan& scan) { note(file, scan); }

}  // namespace kdseg::intake

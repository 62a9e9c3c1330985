// Copies of volumes on a node's own disk, for as long as one run lasts.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "cohort/sheet.h"

namespace kdseg::data {

/// A new folder in $TMPDIR (/tmp where that is not set), removed with all it holds when the object
/// goes. A process that is killed outright leaves it behind; a cluster empties $TMPDIR after a job.
class Stage {
 public:
  /// \throws UsageError  $TMPDIR is no folder, or one that cannot be written to
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::string& folder() const { return folder_; }

  /// Copies the rows' volumes, `threads` at a time, and lets the rows name the copies. Each copy is
  /// read back and must have the SHA-256 of what was read from the volume.
  /// \return the bytes copied
  /// \throws DataError  a volume is missing or cannot be read (case named)
  /// \throws RunError   the disk has less room than the volumes need (both stated); a copy differs
  /// \throws Stopped    a signal or the deadline
  int64_t copy(std::span<cohort::Row* const> rows, int threads);

 private:
  std::string folder_;
};

}  // namespace kdseg::data

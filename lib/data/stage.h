// Copies of volumes on a node's own disk, for as long as one run lasts.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/file_lock.h"
#include "cohort/sheet.h"

namespace kdseg::data {

/// A new folder in $TMPDIR (/tmp where that is not set), removed with all it holds when the object
/// goes. What a process that was killed outright left there, the next one removes: each folder is
/// named after its process and has a locked file in it while that lives.
class Stage {
 public:
  /// \throws UsageError  $TMPDIR is no folder, or one that cannot be written to
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Removes what dead processes left in $TMPDIR; a new Stage does so first.
  static void remove_left_over();

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
  std::optional<FileLock> lock_;
};

}  // namespace kdseg::data

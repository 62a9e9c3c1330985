// States of a training run, so that it continues after any interruption.
#pragma once
#include <optional>
#include <string>

#include "base/file_lock.h"
#include "io/tree.h"

namespace kdseg::io {

/// The folder of one run. Holds the last two states, `failed` after a failure for good, the result
/// and the last state after success, and a lock.
class RunDirectory {
 public:
  /// Makes the folder and takes its lock. RunError when another process holds it (names it).
  explicit RunDirectory(std::string path);
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::string& path() const { return path_; }

  /// Writes state-<step>.h5 atomically, then removes all but the newest two.
  void save(int64_t step, const Tree& state, const Provenance& provenance);

  /// The newest readable state; a truncated one is passed over with a warning. nullopt: none.
  std::optional<Tree> newest() const;

  void remove_states();  ///< --resume never, and after success

  /// After success: the newest state becomes that of the finished run, in place of a former one.
  void keep_finished_state();
  /// \return nullopt: none, or it is damaged (with a warning)
  std::optional<Tree> finished_state() const;

  /// Copies the finished `file` as the result of the run named by `key` (what it was computed
  /// from), in place of any other. A workflow that is killed before it has recorded a job deletes
  /// the job's output: the copy spares computing it again.
  void keep_result(const std::string& file, const std::string& key);
  std::optional<std::string> result(const std::string& key) const;  ///< path; nullopt: none

  /// A failure that cannot succeed by itself: `code` 1 or 3 and the message to repeat.
  struct Failure {
    int code;
    std::string message, settings_id;
  };
  void mark_failed(const Failure& failure);
  std::optional<Failure> failure() const;
  void clear_failure();

 private:
  std::string path_;
  std::optional<FileLock> lock_;
};

}  // namespace kdseg::io

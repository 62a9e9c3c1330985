// What an earlier call of the same command left in a run's folder, and what is kept there.
#pragma once
#include <optional>
#include <string>

#include "io/run_state.h"
#include "train/identity.h"

namespace kdseg::train {

class RunFolder {
 public:
  /// `version`: of the program; a result of another one is not taken up. Errors as RunDirectory.
  RunFolder(const TrainingSettings& settings, Identity identity, std::string files,
            const std::string& version);

  io::RunDirectory& directory() { return directory_; }
  const Identity& identity() const { return identity_; }

  /// Writes the checkpoint of an earlier call that finished with the same inputs once more.
  /// \return whether there was one
  bool written_again();

  /// The saved state of an earlier call with the same settings; none when there is nothing to
  /// continue, or nothing is to be continued.
  /// \throws UsageError           a run with other settings, or of another layout
  /// \throws DataError, RunError  the message of a run that failed for good
  std::optional<io::Tree> state_to_continue();

  /// How many epochs the finished training had whose state is continued; none: another state.
  std::optional<int64_t> prolonged_from() const { return prolonged_from_; }

  void mark_failed(int code, const std::string& message);

  /// The checkpoint is written: a copy of it, and the last state, take the states' place.
  void finish();

 private:
  std::string inputs_id() const { return hash_of(identity_) + files_; }
  std::string result_key() const;
  io::Tree finished_state();
  void settle_states();

  io::RunDirectory directory_;
  Identity identity_;
  std::string files_, version_, output_;
  bool afresh_, prolong_;
  std::optional<int64_t> prolonged_from_;
};

}  // namespace kdseg::train

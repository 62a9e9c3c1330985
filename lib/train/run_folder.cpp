#include "train/run_folder.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/verify.h"
#include "train/state.h"

namespace kdseg::train {

RunFolder::RunFolder(const TrainingSettings& settings, Identity identity, std::string files,
                     const std::string& version)
    : directory_(settings.run_dir.empty() ? settings.output + ".run" : settings.run_dir),
      identity_(std::move(identity)),
      files_(std::move(files)),
      version_(version),
      output_(settings.output),
      afresh_(settings.resume == "never"),
      prolong_(settings.prolong) {}

std::string RunFolder::result_key() const {
  const std::string text = inputs_id() + version_;
  return sha256(text).substr(0, 16);
}

bool RunFolder::written_again() {
  if (afresh_) return false;
  const auto kept = directory_.result(result_key());
  if (!kept) return false;
  try {
    io::verified_content_sha256(*kept);
  } catch (const DataError& e) {
    log::warning("{}; training anew", e.what());
    return false;
  }
  io::copy_atomic(*kept, output_);
  settle_states();  // of a call that was killed before it came to that
  log::info("{} written from {}: this training was finished before; --resume never repeats it",
            output_, *kept);
  return true;
}

void RunFolder::settle_states() {
  const auto newest = directory_.newest();
  if (newest && has_this_layout(*newest) && differences(identity_in(*newest), identity_).empty())
    directory_.keep_finished_state();
  directory_.remove_states();
}

io::Tree RunFolder::finished_state() {
  auto saved = directory_.finished_state();
  if (!saved || !has_this_layout(*saved))
    throw UsageError(
        "--continue: {} holds no last state of a finished training that this version could go on "
        "from; --force trains from the start",
        directory_.path());
  const auto without_length = [](Identity identity) {
    std::erase_if(identity, [](const auto& entry) { return entry.first == "epochs"; });
    return identity;
  };
  Identity before = identity_in(*saved);
  const std::string changed = differences(without_length(before), without_length(identity_));
  if (!changed.empty())
    throw UsageError(
        "--continue: the finished training had other settings than --epochs: {}; give the former "
        "ones, or train from the start with --force",
        changed);
  for (const auto& [name, value] : before)
    if (name == "epochs") prolonged_from_ = parse_integer(value);
  return std::move(*saved);
}

std::optional<io::Tree> RunFolder::state_to_continue() {
  if (afresh_) {
    directory_.remove_states();
    directory_.clear_failure();
    return std::nullopt;
  }
  if (const auto failure = directory_.failure()) {
    if (failure->settings_id == inputs_id()) {
      const std::string text = failure->message +
                               " (the run failed for good before; --resume "
                               "never starts afresh)";
      if (failure->code == 3) throw DataError(text);
      throw RunError(text);
    }
    directory_.clear_failure();
  }
  auto saved = directory_.newest();
  if (!saved && prolong_) return finished_state();
  if (!saved) return std::nullopt;
  if (!has_this_layout(*saved))
    throw UsageError(
        "{} holds a run that another version of this program began; finish it with that version, "
        "or start afresh with --resume never",
        directory_.path());
  const std::string changed = differences(identity_in(*saved), identity_);
  if (!changed.empty())
    throw UsageError(
        "{} holds a run with other settings: {}; give the former ones, or start afresh with "
        "--resume never",
        directory_.path(), changed);
  return saved;
}

void RunFolder::mark_failed(int code, const std::string& message) {
  directory_.mark_failed({code, message, inputs_id()});
}

void RunFolder::finish() {
  try {
    directory_.keep_result(output_, result_key());
  } catch (const RunError& e) {  // the checkpoint itself is written
    log::warning("{}; should {} be lost, it is trained again", e.what(), output_);
  }
  directory_.keep_finished_state();
  directory_.remove_states();
}

}  // namespace kdseg::train

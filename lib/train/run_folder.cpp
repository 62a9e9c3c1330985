#include "train/run_folder.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/sha256.h"
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
      afresh_(settings.resume == "never") {}

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
  directory_.remove_states();  // of a call that was killed before it came to that
  log::info("{} written from {}: this training was finished before; --resume never repeats it",
            output_, *kept);
  return true;
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
  directory_.remove_states();
}

}  // namespace kdseg::train

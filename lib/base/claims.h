// The right of one call to write its outputs, recognized when the same command is given again.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kdseg {

/// UsageError when a file is both, or an output folder is an input: a call may not read what it
/// replaces. Empty names and what does not exist are passed over.
void refuse_inputs_as_outputs(const std::vector<std::string>& inputs,
                              const std::vector<std::string>& outputs);

/// UsageError when two of (option, path) name one place. Devices and empty names are passed over.
void refuse_equal_outputs(const std::vector<std::pair<std::string, std::string>>& outputs);

/// Before a call writes, it leaves a hidden mark beside each output file (".<name>.unfinished") or
/// in its output folder (".unfinished"), and takes it away as its last act. The mark is locked, so
/// that no second call writes there meanwhile, and holds the command: an output that is there
/// beside a mark of the same command is unfinished work of its own and may be replaced; any other
/// is refused unless `force`. What dead calls left half written is removed.
class Claims {
 public:
  /// `command`: the program and everything that was asked of it, as text.
  Claims(std::string command, bool force);
  /// Marks of a call that wrote nothing disappear.
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  /// Claims the output files of this call, all at once, and makes their folders. Devices and empty
  /// names are passed over. `replace`: what exists is to be replaced as if by force.
  /// \throws UsageError  one exists and is neither this command's unfinished work nor to be
  ///                     replaced by force; the same file twice; a folder
  /// \throws RunError    another call is writing one of them; a mark cannot be written
  void files(const std::vector<std::string>& paths, bool replace = false);

  /// Claims an output folder, which is made where it is missing. To be followed by begin() once
  /// nothing is left to refuse.
  /// \return whether the folder holds unfinished work of this command
  /// \throws UsageError  the folder cannot be made; it holds unfinished work of another command
  ///                     and not force
  /// \throws RunError    another call is writing into it
  bool folder(const std::string& path);
  void begin();

  bool force() const { return force_; }

  /// The call's last act: all its outputs are complete.
  void finish();

 private:
  struct Mark;
  void remove_marks();

  std::string command_;
  bool force_;
  std::vector<std::unique_ptr<Mark>> marks_;
};

}  // namespace kdseg

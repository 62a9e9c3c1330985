#include "base/claims.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "base/errors.h"
#include "base/file_lock.h"
#include "base/partial_file.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/text.h"

namespace kdseg {
namespace {

namespace fs = std::filesystem;

const std::string mark_ending = ".unfinished";
constexpr char fresh = 'n', replaced = 'r';  ///< an output that was not there, or was, at first

fs::path folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

void make_folder(const std::string& folder, const std::string& subject) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw UsageError("{}: the folder {} cannot be made: {}", subject, folder, error.message());
}

/// Tells a file from one that took its place.
using Stamp = std::array<int64_t, 5>;

std::optional<Stamp> stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stamp{static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino),
               status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

}  // namespace

void refuse_inputs_as_outputs(const std::vector<std::string>& inputs,
                              const std::vector<std::string>& outputs) {
  std::error_code error;
  for (const auto& output : outputs) {
    if (output.empty() || is_device(output)) continue;
    for (const auto& input : inputs)
      if (!input.empty() && fs::equivalent(output, input, error))
        throw UsageError("{}: is an input of this call; expected another name for the output",
                         output);
  }
}

void refuse_equal_outputs(const std::vector<std::pair<std::string, std::string>>& outputs) {
  std::map<std::string, std::string> places;
  std::error_code error;
  for (const auto& [option, path] : outputs) {
    if (path.empty() || is_device(path)) continue;
    const auto [known, first] =
        places.emplace(fs::weakly_canonical(fs::absolute(path, error), error).string(), option);
    if (!first)
      throw UsageError("--{} and --{} both name {}; expected a place for each", known->second,
                       option, path);
  }
}

struct Claims::Mark {
  std::string output;  ///< file or folder
  bool is_folder, folder_made;
  FileLock lock;
  bool begun = false, removed = false;
  std::optional<Stamp> before{};  ///< of an output that was complete when this call began

  void remove() {
    lock.remove();
    removed = true;
  }

  /// The folder, where this call made it and nothing lies in it.
  void remove_empty_folder() const {
    std::error_code ignored;
    if (is_folder && folder_made && fs::is_empty(output, ignored)) fs::remove(output, ignored);
  }

  /// Whether there is anything of the output that the mark has to vouch for.
  bool needed() const {
    if (!begun) return !lock.text().empty();
    if (is_folder) return holds_files();
    const auto now = stamp_of(output);
    return now && now != before;
  }

  /// A folder: whether anything but the mark lies there.
  bool holds_files() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(output, error))
      if (entry.path().filename() != mark_ending) return true;
    return false;
  }
};

Claims::Claims(std::string command, bool force) : command_(std::move(command)), force_(force) {}

Claims::~Claims() {
  std::erase_if(marks_, [](const auto& m) { return m->removed; });
  const bool written = std::any_of(marks_.begin(), marks_.end(),
                                   [](const auto& m) { return m->begun && m->needed(); });
  std::erase_if(marks_, [&](const auto& m) { return m->begun ? written : m->needed(); });
  remove_marks();
}

void Claims::files(const std::vector<std::string>& given, bool replace) {
  std::vector<std::string> paths;
  std::set<std::string> places;
  for (const auto& path : given) {
    if (path.empty() || is_device(path)) continue;
    std::error_code error;
    if (fs::is_directory(path, error))
      throw UsageError("{}: is a folder, expected a file to write", path);
    if (!places.insert(fs::weakly_canonical(path, error).string()).second)
      throw UsageError("{}: given for two outputs of one call; expected a file for each", path);
    paths.push_back(path);
  }
  std::string state(paths.size(), fresh);
  bool own = false;
  for (const auto& path : paths) {
    const auto folder = folder_of(path);
    make_folder(folder.string(), path);
    const auto name = fs::path(path).filename().string();
    const auto mark = (folder / ("." + name + mark_ending)).string();
    marks_.emplace_back(
        new Mark{path, false, false, FileLock(mark, path, "wait for it, or choose another name")});
    const auto& text = marks_.back()->lock.text();
    const auto line = text.find('\n');
    if (!text.empty()) remove_partial_files(folder.string(), name);
    // A mark tells about all outputs of its call, as the call may have been killed among its marks.
    if (line == paths.size() && text.substr(line + 1) == command_) {
      own = true;
      state = text.substr(0, line);
    }
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!path_exists(paths[i])) {
      state[i] = fresh;
    } else if (!own || state[i] == replaced) {
      if (!force_ && !replace) throw UsageError("{} exists; --force replaces it", paths[i]);
      state[i] = replaced;
    }
  }
  for (size_t i = marks_.size() - paths.size(); i < marks_.size(); ++i) {
    auto& mark = *marks_[i];
    mark.lock.write(state + "\n" + command_);
    mark.begun = true;
    if (!own) mark.before = stamp_of(mark.output);
  }
}

bool Claims::folder(const std::string& path) {
  const std::string folder = path.empty() ? "." : path;
  std::error_code error;
  const bool made = !fs::exists(folder, error);
  make_folder(folder, folder);
  try {
    marks_.emplace_back(new Mark{folder, true, made,
                                 FileLock((fs::path(folder) / mark_ending).string(), folder,
                                          "wait for it, or choose another folder")});
  } catch (...) {
    if (made) fs::remove(folder, error);
    throw;
  }
  const auto& text = marks_.back()->lock.text();
  if (text.empty()) return false;
  remove_partial_files(folder);
  if (text != command_ && !force_ && marks_.back()->holds_files())
    throw UsageError(
        "{}: holds the unfinished work of another command or other settings; repeat that one, "
        "choose another folder, or --force to go on in this one",
        folder);
  return text == command_;
}

void Claims::begin() {
  for (auto& mark : marks_)
    if (mark->is_folder && !mark->begun) {
      mark->lock.write(command_);
      mark->begun = true;
    }
}

void Claims::remove_marks() {
  for (; !marks_.empty(); marks_.pop_back()) {
    marks_.back()->remove();
    marks_.back()->remove_empty_folder();
  }
}

// Nothing comes behind the last mark, not even the end of its lock: whoever is killed then has a
// complete result that the same command takes for another's.
void Claims::finish() {
  std::for_each(marks_.rbegin(), marks_.rend(), [](auto& mark) { mark->remove(); });
  for (const auto& mark : marks_)
    if (!mark->begun) mark->remove_empty_folder();
}

}  // namespace kdseg

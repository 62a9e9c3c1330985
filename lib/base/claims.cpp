#include "base/claims.h"

#include <algorithm>
#include <filesystem>
#include <map>
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
  bool begun = false;

  /// Whether there is anything of the output that the mark has to vouch for.
  bool needed() const {
    if (!begun) return !lock.text().empty();
    std::error_code error;
    return is_folder ? holds_files() : fs::exists(output, error);
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
  const bool written = std::any_of(marks_.begin(), marks_.end(),
                                   [](const auto& m) { return m->begun && m->needed(); });
  std::erase_if(marks_, [&](const auto& m) { return m->begun ? written : m->needed(); });
  remove_marks();
}

void Claims::files(const std::vector<std::string>& given) {
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
      if (!force_) throw UsageError("{} exists; --force replaces it", paths[i]);
      state[i] = replaced;
    }
  }
  for (size_t i = marks_.size() - paths.size(); i < marks_.size(); ++i) {
    marks_[i]->lock.write(state + "\n" + command_);
    marks_[i]->begun = true;
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
  while (!marks_.empty()) {
    const Mark& mark = *marks_.back();
    mark.lock.remove();
    std::error_code ignored;
    if (mark.is_folder && mark.folder_made && fs::is_empty(mark.output, ignored))
      fs::remove(mark.output, ignored);
    marks_.pop_back();
  }
}

void Claims::finish() { remove_marks(); }

}  // namespace kdseg

// What an interrupted run over many cases already finished, so that the same command continues.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace kdseg::intake {

/// A text file of lines "case key content_sha256", one per finished case. `key` stands for
/// everything the result depends on. A line cut short by a kill is passed over.
class Journal {
 public:
  explicit Journal(std::string path);

  /// The content id of the case's finished result, if it was made under the same key.
  std::optional<std::string> finished(const std::string& id, const std::string& key) const;

  /// Appends; thread safe. RunError when the file cannot be written.
  void add(const std::string& id, const std::string& key, const std::string& content_sha256);

  void remove();  ///< once everything is finished

 private:
  std::string path_;
  std::map<std::string, std::pair<std::string, std::string>> lines_;
  mutable std::mutex mutex_;
};

}  // namespace kdseg::intake

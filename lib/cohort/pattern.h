// Regular expressions out of files: matched in time linear in the text, whatever they are.
#pragma once
#include <memory>
#include <optional>
#include <string>

namespace re2 {
class RE2;
}

namespace kdseg::cohort {

class Pattern {
 public:
  enum class Letters { as_they_are, either_case };
  enum class Place { whole_text, behind_folders };  ///< the latter: any number of "name/" before

  /// \throws DataError  no regular expression, longer than 1000 bytes, or one that only
  /// backtracking
  ///                    could match (references to groups, looking ahead)
  Pattern(const std::string& text, Letters letters, Place place = Place::whole_text);
  ~Pattern();
  Pattern(Pattern&&) noexcept;

  struct Match {
    bool has_group = false;
    std::string group;  ///< the first group; empty where it took no part
  };

  bool has_group() const;

  /// nullopt: the text does not match, or has more than 4096 bytes.
  std::optional<Match> matches(const std::string& text) const;

 private:
  std::unique_ptr<re2::RE2> expression_;
};

}  // namespace kdseg::cohort

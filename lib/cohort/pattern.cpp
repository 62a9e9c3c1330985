#include "cohort/pattern.h"

#include <re2/re2.h>

#include "base/errors.h"

namespace kdseg::cohort {

namespace {
constexpr size_t longest_pattern = 1000, longest_text = 4096;
}

Pattern::Pattern(const std::string& text, Letters letters, Place place) {
  if (text.size() > longest_pattern)
    throw DataError("has {} bytes; expected at most {}", text.size(), longest_pattern);
  re2::RE2::Options options;
  options.set_case_sensitive(letters == Letters::as_they_are);
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // file names are bytes
  options.set_dot_nl(true);
  // As few folders as possible before it, so that what it says of folders itself counts.
  const std::string whole = place == Place::behind_folders ? "(?:.*?/)?\?(?:" + text + ")" : text;
  expression_ = std::make_unique<re2::RE2>(whole, options);
  if (!expression_->ok()) throw DataError("is no regular expression ({})", expression_->error());
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

bool Pattern::has_group() const { return expression_->NumberOfCapturingGroups() > 0; }

std::optional<Pattern::Match> Pattern::matches(const std::string& text) const {
  if (text.size() > longest_text) return std::nullopt;
  re2::StringPiece groups[2];
  const bool group = has_group();
  if (!expression_->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups, group ? 2 : 1))
    return std::nullopt;
  return Match{group, group ? std::string(groups[1].data(), groups[1].size()) : ""};
}

}  // namespace kdseg::cohort

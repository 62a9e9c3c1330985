// Settings files: sections of `key = value` lines, read with the place of everything for messages.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace kdseg {

/// One `key = value`. `value` is as written, without comment and surrounding blanks; quotes remain.
struct IniKey {
  std::string key, value;
  int line = 0;
};

/// A section in the order of the file; an empty one is kept.
struct IniSection {
  std::string name;
  int line = 0;
  std::vector<IniKey> keys;
};

/// sections[0] has no name: the keys before the first header.
struct Ini {
  std::string file;
  std::vector<IniSection> sections;
  std::string where(int line) const;  ///< "file:line"
};

/// Reads a settings file. `#` and `;` start a comment at the start of a line or after a blank,
/// outside quotes. Lines end in LF or CRLF.
/// \throws UsageError  unreadable, a line that is neither a header nor `key = value`, an open
///                     quote, a key or a section given twice (both lines named)
Ini read_ini(const std::string& file);
Ini parse_ini(std::string_view text, std::string file);

/// The value as one text: a value in quotes without them, with \" \\ \n undone.
/// \throws UsageError  starting with `where`: text behind the closing quote
std::string unquoted(std::string_view value, const std::string& where);

/// The words of a value, separated by blanks; a word in quotes may hold blanks.
std::vector<std::string> quoted_words(std::string_view value, const std::string& where);

/// A text as it must stand in a file to be read back as one value, or as one of several words.
std::string as_value(std::string_view text);
std::string as_word(std::string_view text);

}  // namespace kdseg

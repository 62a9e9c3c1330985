#include "base/ini.h"

#include <gmock/gmock.h>

#include "base/errors.h"

namespace kdseg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string value_of(const std::string& line) {
  return parse_ini(line, "a.ini").sections.at(0).keys.at(0).value;
}

std::string error_of(const std::string& text) {
  try {
    parse_ini(text, "a.ini");
  } catch (const UsageError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Ini, KeepsOrderLinesAndEmptySections) {
  const Ini ini =
      parse_ini("b = 1\n\n# note\na = 2\n[term.dice]\n[term.cross-entropy]\nw = 3\n", "a.ini");
  ASSERT_EQ(ini.sections.size(), 3u);
  EXPECT_EQ(ini.sections[0].name, "");
  EXPECT_EQ(ini.sections[0].keys.at(0).key, "b");
  EXPECT_EQ(ini.sections[0].keys.at(1).line, 4);
  EXPECT_EQ(ini.sections[1].name, "term.dice");
  EXPECT_TRUE(ini.sections[1].keys.empty());
  EXPECT_EQ(ini.sections[2].line, 6);
  EXPECT_EQ(ini.where(ini.sections[2].keys.at(0).line), "a.ini:7");
}

TEST(Ini, CommentsStartOnlyAtTheLineOrAfterABlank) {
  EXPECT_EQ(value_of("a = 1 # P, C"), "1");
  EXPECT_EQ(value_of("a = 1 ; P"), "1");
  EXPECT_EQ(value_of("a = 1\t#P"), "1");
  EXPECT_EQ(value_of("a = x#1"), "x#1");
  EXPECT_EQ(value_of("a = x;1"), "x;1");
  EXPECT_EQ(value_of("a ="), "");
  EXPECT_EQ(value_of("a = # nothing"), "");
  EXPECT_EQ(value_of("a = \"x # y\" # z"), "\"x # y\"");
  EXPECT_EQ(value_of("  ; note\n # note\na=b=c"), "b=c");
  EXPECT_EQ(parse_ini("[a]  # why\n", "f").sections.at(1).name, "a");
}

TEST(Ini, TakesEveryLineEnd) {
  const Ini ini = parse_ini(
      "\xEF\xBB\xBF"
      "a = 1\r\n[s]\r\nb = x\r\n c = 2",
      "a.ini");
  EXPECT_EQ(ini.sections.at(0).keys.at(0).key, "a");
  EXPECT_EQ(ini.sections.at(0).keys.at(0).value, "1");
  EXPECT_EQ(ini.sections.at(1).name, "s");
  EXPECT_EQ(ini.sections.at(1).keys.at(0).value, "x");
  EXPECT_EQ(ini.sections.at(1).keys.at(1).value, "2");
  EXPECT_EQ(parse_ini("", "a.ini").sections.size(), 1u);
}

TEST(Ini, Quotes) {
  EXPECT_EQ(unquoted("\" a \\\"b\\\" \\\\ \"", "w"), " a \"b\" \\ ");
  EXPECT_EQ(unquoted("plain 'text' \"here\"", "w"), "plain 'text' \"here\"");
  EXPECT_EQ(unquoted("\"\"", "w"), "");
  EXPECT_THROW(unquoted("\"a\" b", "w"), UsageError);
  EXPECT_THAT(quoted_words("a \"b c\"  d,e \"\"", "w"), ElementsAre("a", "b c", "d,e", ""));
  EXPECT_THROW(quoted_words("\"a\"b", "w"), UsageError);
}

TEST(Ini, WrittenValuesReadBack) {
  for (const std::string text :
       {"", "plain", " blanks ", "a # b", "a#b", "; c", "\"quoted\"", "back\\slash", "two\nlines",
        "mid \"quote", "\\", "é", "a\\\"b", "tab\tbed"}) {
    EXPECT_EQ(unquoted(value_of("a = " + as_value(text)), "w"), text);
    EXPECT_THAT(quoted_words(value_of("a = x " + as_word(text)), "w"), ElementsAre("x", text));
  }
}

TEST(Ini, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("a = 1\nepochs 8\n"),
            "a.ini:2: expected 'key = value' or '[section]', found 'epochs 8'");
  EXPECT_EQ(error_of("\n[term.dice\n"), "a.ini:2: '[term.dice' lacks its ']'");
  EXPECT_EQ(error_of("a = 1\nb = 2\na = 3\n"), "a.ini:3: a is given already in line 1");
  EXPECT_EQ(error_of("[s]\na = 1\n[t]\n[s]\n"), "a.ini:4: section [s] stands already in line 1");
  EXPECT_EQ(error_of("a = \"open\n"), "a.ini:1: a quote is opened and not closed");
  EXPECT_EQ(error_of("= 1\n"), "a.ini:1: no key before '='");
  EXPECT_EQ(error_of("[]\n"), "a.ini:1: a section without a name");
}

TEST(Ini, HostileFilesAreRefusedInShortPrintableWords) {
  const std::string message = error_of(std::string(100000, '\x01'));
  EXPECT_THAT(message, HasSubstr("a.ini:1: expected"));
  EXPECT_LT(message.size(), 200u);
  for (char c : message) EXPECT_GE(static_cast<unsigned char>(c), 32);
  EXPECT_THROW(read_ini("/nowhere/at/all.ini"), UsageError);
  EXPECT_THROW(read_ini("/"), UsageError);
}

}  // namespace
}  // namespace kdseg

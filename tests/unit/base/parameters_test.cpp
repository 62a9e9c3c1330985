#include "base/parameters.h"

#include <gmock/gmock.h>

#include "base/errors.h"

namespace kdseg {
namespace {

using testing::ElementsAre;
using Kind = Parameter::Kind;

const std::vector<Parameter> declared{
    {"weight", Kind::number, "1", "", 0, 10, {}},
    {"width", Kind::integer, "32", "", 1, 512, {}},
    {"smooth", Kind::toggle, "off", "", 0, 0, {}},
    {"kind", Kind::choice, "auto", "", 0, 0, {"auto", "plain"}},
    {"class-weights", Kind::numbers, "", "", 0, 1e9, {}},
    {"names", Kind::texts, "a b", "", 0, 0, {}},
};

Parameters read(std::vector<Setting> settings) {
  return Parameters(declared, {"term", "dice", "a.ini:1", std::move(settings)});
}

std::string error_of(const std::string& key, const std::string& value) {
  try {
    read({{key, value, "a.ini:7"}});
  } catch (const UsageError& e) {
    return e.what();
  }
  return "no error";
}

TEST(ParametersOfARow, DefaultsAndGivenValues) {
  const Parameters p = read({{"width", "8", "a.ini:2"},
                             {"class-weights", "1 59.4507, 23.319", "a.ini:3"},
                             {"smooth", "on", "a.ini:4"}});
  EXPECT_EQ(p.number("weight"), 1);
  EXPECT_EQ(p.integer("width"), 8);
  EXPECT_TRUE(p.toggle("smooth"));
  EXPECT_EQ(p.text("kind"), "auto");
  EXPECT_THAT(p.numbers("class-weights"), ElementsAre(1, 59.4507, 23.319));
  EXPECT_THAT(p.texts("names"), ElementsAre("a", "b"));
  EXPECT_THROW(p.text("other"), std::logic_error);
}

TEST(ParametersOfARow, LaterSettingsWin) {
  EXPECT_EQ(read({{"width", "8", "a.ini:2"}, {"width", "4", "b.ini:2"}}).integer("width"), 4);
}

TEST(ParametersOfARow, ResolvedWritesEverythingInDeclaredOrder) {
  const Section all = read({{"width", "8", "a.ini:2"}}).resolved();
  EXPECT_EQ(all.kind, "term");
  EXPECT_EQ(all.name, "dice");
  ASSERT_EQ(all.settings.size(), declared.size());
  EXPECT_EQ(all.settings[0].key, "weight");
  EXPECT_EQ(all.settings[1].value, "8");
}

TEST(ParametersOfARow, ErrorsSayWhere) {
  EXPECT_EQ(error_of("wdith", "8"),
            "a.ini:7: unknown key 'wdith' in [term.dice]; did you mean 'width'?");
  EXPECT_EQ(error_of("width", "x"), "a.ini:7: width is 'x', expected a whole number");
  EXPECT_EQ(error_of("width", "0"), "a.ini:7: width is 0, expected 1 to 512");
  EXPECT_EQ(error_of("weight", "nan"), "a.ini:7: weight is 'nan', expected a number");
  EXPECT_EQ(error_of("smooth", "yes"), "a.ini:7: smooth is 'yes', expected one of on, off");
  EXPECT_EQ(error_of("kind", "fast"), "a.ini:7: kind is 'fast', expected one of auto, plain");
  EXPECT_EQ(error_of("class-weights", "1 -2"),
            "a.ini:7: class-weights is -2, expected 0 to 1000000000");
}

}  // namespace
}  // namespace kdseg

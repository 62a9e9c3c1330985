#include "base/text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/volume.h"

namespace kdseg {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, Pieces) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split_list(" flair,t1  t2, "), ElementsAre("flair", "t1", "t2"));
  EXPECT_THAT(split_list(" , "), IsEmpty());
  EXPECT_EQ(join(std::vector<std::string>{"a", "b"}), "a, b");
  EXPECT_EQ(join(std::vector<std::string>{}), "");
}

TEST(Text, ExcerptsAreShortAndPrintable) {
  EXPECT_EQ(excerpt("real"), "real");
  EXPECT_EQ(excerpt("a\nb\x7f\x1b"), "a?b??");
  EXPECT_EQ(excerpt(std::string(41, 'x')), std::string(40, 'x') + "...");
}

TEST(Text, NumbersAreTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  EXPECT_EQ(parse_number("-0.5"), -0.5);
  EXPECT_EQ(parse_integer("-42"), -42);
  for (const char* text :
       {"", " 1", "1 ", "1x", "nan", "inf", "-inf", "1e999", "0x10", "1,5", "--1"})
    EXPECT_FALSE(parse_number(text)) << text;
  for (const char* text : {"", "1.0", "1e3", "9223372036854775808", "+1", "a"})
    EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Text, ExactNumbersReadBack) {
  for (double value : {0.1, 1.0 / 3, 2e-4, 1e300, 5e-324, -0.0, 59.4507, 1e15 + 0.3})
    EXPECT_EQ(parse_number(exact(value)), value);
  EXPECT_EQ(exact(0.1), "0.1");
  EXPECT_EQ(exact(8), "8");
}

TEST(Text, NearestName) {
  const std::vector<std::string> names{"epochs", "batch", "learning-rate"};
  EXPECT_EQ(nearest("epoch", names), "epochs");
  EXPECT_EQ(nearest("learning_rate", names), "learning-rate");
  EXPECT_EQ(nearest("temperature", names), std::nullopt);
  EXPECT_EQ(did_you_mean("bacth", names), "; did you mean 'batch'?");
  EXPECT_EQ(did_you_mean("temperature", names), "; known: epochs, batch, learning-rate");
  EXPECT_EQ(did_you_mean("x", std::vector<std::string>{}), "");
}

TEST(Errors, FormatTheirText) {
  EXPECT_STREQ(DataError("case {}: {} channels", "A", 3).what(), "case A: 3 channels");
  EXPECT_STREQ(UsageError("100 % {} of braces").what(), "100 % {} of braces");
}

TEST(Grids, AgreeWithinATolerance) {
  Grid a, b;
  a.size = b.size = {4, 5, 6};
  b.origin_mm[1] = 5e-4;
  EXPECT_TRUE(same_grid(a, b));
  b.origin_mm[1] = 5e-3;
  EXPECT_FALSE(same_grid(a, b));
  b = a;
  b.size[2] = 7;
  EXPECT_FALSE(same_grid(a, b));
  b = a;
  b.direction[0] = -1;
  EXPECT_FALSE(same_grid(a, b));
  EXPECT_EQ(a.voxel_count(), 120);
  a.spacing_mm = {2, 2, 2.5};
  EXPECT_DOUBLE_EQ(a.voxel_volume_ml(), 0.01);
}

}  // namespace
}  // namespace kdseg

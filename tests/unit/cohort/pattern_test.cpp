// Patterns of manifests: what they match, and that none takes long.
#include "cohort/pattern.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::cohort {
namespace {

using Letters = Pattern::Letters;
using Place = Pattern::Place;

TEST(Pattern, TheGroupIsFoundBehindAnyFolders) {
  const Pattern pattern("(?:(HGG|LGG)/)?Brats18_[^/_]+_[^/]+_1", Letters::either_case,
                        Place::behind_folders);
  EXPECT_EQ(pattern.matches("HGG/Brats18_TCIA01_147_1")->group, "HGG");
  EXPECT_EQ(pattern.matches("a/b/lgg/BRATS18_x_y_1")->group, "lgg");
  EXPECT_EQ(pattern.matches("other/Brats18_x_y_1")->group, "");
  EXPECT_TRUE(pattern.matches("Brats18_x_y_1")->has_group);
  EXPECT_FALSE(pattern.matches("xBrats18_x_y_1"));
  EXPECT_FALSE(pattern.matches("Brats18_x_y_1/more"));
}

TEST(Pattern, LettersCountWhereTheyAreToCount) {
  EXPECT_TRUE(Pattern("case[0-9]{3}", Letters::either_case).matches("CASE001"));
  EXPECT_FALSE(Pattern("case[0-9]{3}", Letters::as_they_are).matches("CASE001"));
  EXPECT_FALSE(Pattern("case", Letters::as_they_are).matches("a/case")) << "the whole text";
}

TEST(Pattern, ExponentialPatternsEndAtOnce) {
  const std::string text(4000, 'x');
  EXPECT_FALSE(Pattern("(x+x+)+y", Letters::as_they_are).matches(text));
  EXPECT_FALSE(Pattern("(x|x|xx)*y", Letters::as_they_are).matches(text));
}

TEST(Pattern, WhatOnlyBacktrackingCouldMatchAndWhatHasNoBoundsIsRefused) {
  for (const std::string text : {"(a)\\1", "(?=a)b", "((a{1000}){1000}){1000}", "([", "a{9999}"})
    EXPECT_THROW(Pattern(text, Letters::as_they_are), DataError) << text;
  EXPECT_THROW(Pattern(std::string(2000, 'a'), Letters::as_they_are), DataError);
  EXPECT_THROW(Pattern(std::string(900, '('), Letters::as_they_are), DataError);
}

}  // namespace
}  // namespace kdseg::cohort

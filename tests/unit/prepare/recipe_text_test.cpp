// Recipes as text: exact round trip, one identity per meaning, clear refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"
#include "prepare/recipe.h"
#include "unit/folder.h"
#include "unit/prepare/recipe_lines.h"

namespace kdseg::prepare {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text) {
  try {
    Recipe::from_text(text);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(RecipeText, RoundTripIsExact) {
  const Recipe recipe = Recipe::from_text(
      "# HAD-Net, paper variant\n[recipe]\nname = had-net-paper\norientation = LPS ; no reversal\n"
      "crop = center\nsize = 160, 192, 160\nclip-sigma = 2.7182818284590451\n");
  const Recipe again = Recipe::from_text(recipe.ini());
  EXPECT_EQ(again.ini(), recipe.ini());
  EXPECT_EQ(again.id(), recipe.id());
  EXPECT_THAT(recipe.ini(), HasSubstr("size = 160 192 160\n"));
  EXPECT_THAT(recipe.ini(), HasSubstr("clip-sigma = 2.718281828459045\n"));
  const std::set<std::string> later{"sizing",          "spacing",   "crop-source", "crop-factor",
                                    "crop-slices",     "crop-size", "ranges",      "slice-size",
                                    "clip-percentile", "widening"};
  for (const auto& key : recipe_parameters()) {
    // Left out where they change nothing: see stretch_test.cpp and square_slices_test.cpp.
    if (later.contains(key.name)) continue;
    EXPECT_THAT(recipe.ini(), HasSubstr(key.name + " = "));
  }
}

TEST(RecipeText, IdentityFollowsMeaningNotSpelling) {
  const auto id = [](const std::string& text) { return Recipe::from_text(text).id(); };
  EXPECT_EQ(id("size = 16 16 16"), id("size = 16,16,16\nclip-sigma = 3.0\ncrop = none\n"));
  EXPECT_NE(id("size = 16 16 16"), id("size = 16 16 32"));
  EXPECT_EQ(id("size = 16 16 16").size(), 16u);
}

TEST(RecipeText, RefusalsNameTheLineAndTheWayOut) {
  EXPECT_THAT(refusal("size = 1 1 1\nclip-sgima = 3"), HasSubstr("recipe:2"));
  EXPECT_THAT(refusal("size = 1 1 1\nclip-sgima = 3"), HasSubstr("did you mean 'clip-sigma'"));
  EXPECT_THAT(refusal("size = 1 1 1\ncrop = middle"), HasSubstr("expected one of mask-box"));
  EXPECT_THAT(refusal("size = 16 16"), HasSubstr("three numbers"));
  EXPECT_THAT(refusal("size = fit"), HasSubstr("not fitted"));
  EXPECT_THAT(refusal("crop = center"), HasSubstr("needs size"));
  EXPECT_THAT(refusal("size = 1 1 1\norientation = LRS"), HasSubstr("one letter each"));
  EXPECT_THAT(refusal("size = 1 1 1\nequal-axes = w"), HasSubstr("x, y, z or none"));
  EXPECT_THAT(refusal("size = 1 1 1\ntruncate = on"), HasSubstr("truncate = off"));
  EXPECT_THAT(refusal("size = 1 1 1\nname = two words"), HasSubstr("letters"));
  EXPECT_THAT(refusal("size = 1 1 1\nmask-channels ="), HasSubstr("mask-channels"));
  EXPECT_THAT(refusal("size = 1 1 1\nmask-channels = any t1"), HasSubstr("or any alone"));
  EXPECT_THAT(refusal("size 1 1 1"), HasSubstr("key = value"));
  EXPECT_THAT(refusal("size = 1 1 1\nsize = 2 2 2"), HasSubstr("size is given already in line 1"));
  EXPECT_THAT(refusal("size = 1 1 1\n[term.dice]"), HasSubstr("recipe:2: section [term.dice]"));
}

/// A recipe file of the repository; a size that is to be fitted is that of BraTS 2019.
Recipe shipped(const std::string& file) {
  const std::string text = test::slurp(std::string(KDSEG_CONFIG) + "/" + file);
  return Recipe::from_text(text.find("size = fit") == std::string::npos
                               ? text
                               : test::with_lines(text, "size = 160 192 160\n"));
}

// Checkpoints and results name these; they are those that version 0.1 gave the same files.
TEST(RecipeText, ShippedRecipesKeepTheirIdentities) {
  EXPECT_EQ(shipped("experiments/had-net/recipe.ini").id(), "d256d39e9c731851");
  EXPECT_EQ(shipped("experiments/had-net/recipe-paper.ini").id(), "02731a268c745c55");
  EXPECT_EQ(shipped("experiments/had-net/recipe-hemis.ini").id(), "6957c6d8539fa677");
  EXPECT_EQ(shipped("experiments/kd-net/recipe.ini").id(), "6dfb42b367d03d01");
}

TEST(RecipeText, TheTemplateStatesTheDefaults) {
  EXPECT_EQ(shipped("templates/recipe.ini").ini(), Recipe::from_text("size = 160 192 160\n").ini());
}

}  // namespace
}  // namespace kdseg::prepare

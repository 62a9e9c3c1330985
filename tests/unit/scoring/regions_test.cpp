#include "scoring/regions.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::scoring {
namespace {

RegionSet parse(std::vector<std::string> texts) { return parse_regions(texts); }

TEST(Regions, PresetsHoldTheCodesOfTheirDataSet) {
  EXPECT_EQ(parse({"brats"}).codes, (std::vector<int>{0, 1, 2, 4}));
  EXPECT_EQ(parse({"brats"}).regions[1], (Region{"TC", {1, 4}}));
  EXPECT_EQ(parse({"brats2023"}).codes, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(parse({"brats2024"}).regions[3], (Region{"RC", {4}}));
  EXPECT_EQ(parse({"nnunet"}).regions[1], (Region{"TC", {2, 3}}));
  EXPECT_EQ(parse({"mmwhs"}).regions.size(), 7u);
  EXPECT_EQ(parse({"mmwhs4"}).regions[3], (Region{"AA", {4}}));
}

TEST(Regions, AreNamedByCodes) {
  const auto set = parse({"TC=1,4", "ET = 4"});
  EXPECT_EQ(set.regions, (std::vector<Region>{{"TC", {1, 4}}, {"ET", {4}}}));
  EXPECT_THROW(parse({"=4"}), UsageError);
  EXPECT_THROW(parse({"ET=4.5"}), UsageError);
}

TEST(Regions, OfClassesAreTheFilesOwnOrOnePerClass) {
  const ClassTable classes{{"background", "NCR", "ET"}, {0, 1, 4}};
  EXPECT_EQ(regions_of_classes(classes, {{"TC", {1, 4}}}).regions,
            (std::vector<Region>{{"TC", {1, 4}}}));
  EXPECT_EQ(regions_of_classes(classes, {}).regions,
            (std::vector<Region>{{"NCR", {1}}, {"ET", {4}}}));
}

TEST(Regions, LabelsThatTheyDoNotKnowAreRefused) {
  const std::vector<int> fine{0, 1, 2, 4}, other{0, 3}, none{0};
  EXPECT_NO_THROW(check_codes(parse({"brats"}), fine, fine));
  EXPECT_THROW(check_codes(parse({"brats"}), other, fine), DataError);
  EXPECT_THROW(check_codes(parse({"brats2023"}), none, fine), DataError);
  // Regions by codes leave the reference's other labels alone, not those of the prediction only.
  EXPECT_NO_THROW(check_codes(parse({"ET=4"}), fine, fine));
  EXPECT_THROW(check_codes(parse({"ET=4"}), other, fine), DataError);
}

}  // namespace
}  // namespace kdseg::scoring

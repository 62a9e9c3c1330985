#include "metrics/empty.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"

namespace kdseg::metrics {
namespace {

constexpr Status empties[] = {Status::both_empty, Status::ref_empty, Status::pred_empty};
const double nan = std::nan("");

void expect_row(EmptyRule rule, Kind kind, double both, double reference, double prediction) {
  const double expected[] = {both, reference, prediction};
  for (int i = 0; i < 3; ++i) {
    const auto value = value_when_empty(rule, kind, empties[i], 373.0);
    ASSERT_TRUE(value.has_value());
    const auto where = to_string(rule) + " " + to_string(empties[i]);
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(*value)) << where;
    else
      EXPECT_EQ(*value, expected[i]) << where;
  }
}

TEST(Empty, ValuesOfEachConvention) {
  expect_row(EmptyRule::brats, Kind::similarity, 1, 0, 0);
  expect_row(EmptyRule::brats, Kind::distance, 0, 373, 373);
  expect_row(EmptyRule::brats, Kind::surface_part, 1, 0, 0);
  expect_row(EmptyRule::brats, Kind::sensitivity, 1, 0, 0);
  expect_row(EmptyRule::brats, Kind::precision, 1, 0, nan);

  expect_row(EmptyRule::brats2023, Kind::similarity, 1, 0, 0);
  expect_row(EmptyRule::brats2023, Kind::distance, 0, 373, 373);
  expect_row(EmptyRule::brats2023, Kind::sensitivity, 1, 0, 0);

  expect_row(EmptyRule::nan, Kind::similarity, nan, 0, 0);
  expect_row(EmptyRule::nan, Kind::distance, nan, nan, nan);
  expect_row(EmptyRule::nan, Kind::surface_part, nan, nan, nan);
  expect_row(EmptyRule::nan, Kind::sensitivity, nan, nan, 0);

  expect_row(EmptyRule::exclude_both, Kind::similarity, nan, 0, 0);
  expect_row(EmptyRule::exclude_both, Kind::distance, nan, 373, 373);
  expect_row(EmptyRule::exclude_both, Kind::surface_part, nan, 0, 0);
}

TEST(Empty, ARelativeVolumeNeedsAReference) {
  const auto value = [](Status status) {
    return value_when_empty(EmptyRule::brats, Kind::relative_volume, status, 1);
  };
  EXPECT_EQ(value(Status::both_empty), 0);
  EXPECT_TRUE(std::isnan(*value(Status::ref_empty)));
  EXPECT_FALSE(value(Status::pred_empty));  // -1 by its formula
}

TEST(Empty, NormalCasesAndCountedScoresAreComputed) {
  EXPECT_FALSE(value_when_empty(EmptyRule::brats, Kind::distance, Status::normal, 1));
  EXPECT_FALSE(value_when_empty(EmptyRule::brats, Kind::counted, Status::both_empty, 1));
}

TEST(Empty, StatusFollowsFromTheCounts) {
  EXPECT_EQ(status_of({0, 0, 0, 9}), Status::both_empty);
  EXPECT_EQ(status_of({0, 2, 0, 7}), Status::ref_empty);
  EXPECT_EQ(status_of({0, 0, 2, 7}), Status::pred_empty);
  EXPECT_EQ(status_of({0, 1, 1, 7}), Status::normal);
}

TEST(Empty, ThePenaltyIsTheDiagonalUnlessAskedOtherwise) {
  Grid grid;
  grid.size = {240, 240, 155};
  EXPECT_NEAR(penalty_mm(EmptyRule::brats, std::nullopt, grid), 373.1286641, 5e-8);
  EXPECT_EQ(penalty_mm(EmptyRule::brats2023, std::nullopt, grid), 374);
  EXPECT_EQ(penalty_mm(EmptyRule::brats2023, 100.0, grid), 100);
  grid.spacing_mm = {2, 2, 2};
  EXPECT_NEAR(diagonal_mm(grid), 2 * 373.1286641, 1e-7);
}

TEST(Empty, RulesAreKnownByName) {
  EXPECT_EQ(empty_rule("exclude-both"), EmptyRule::exclude_both);
  EXPECT_EQ(to_string(EmptyRule::brats2023), "brats2023");
  EXPECT_THROW(empty_rule("bratz"), UsageError);
}

}  // namespace
}  // namespace kdseg::metrics

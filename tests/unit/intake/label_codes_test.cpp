// What label values mean: whole numbers, near ones, and what is refused, however many values there
// are.
#include "intake/label_codes.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "unit/image/scan_files.h"

namespace kdseg::intake {
namespace {

using test::message_of;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const LabelMeaning tumor{{{"background", "core", "edema"}, {0, 1, 4}}, {}, {{421, 4}}};

std::vector<uint8_t> read(const std::vector<float>& values, std::vector<std::string>& notes) {
  return classes_from_codes("seg.nii", values, tumor, notes);
}

/// `count` different values around a code, at most `reach` from it.
std::vector<float> around(float code, float reach, int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i)
    values.push_back(code + reach * (2.0f * static_cast<float>(i) / static_cast<float>(count) - 1));
  return values;
}

TEST(LabelCodes, NearValuesAreTheirCodeHoweverManyThereAre) {
  std::vector<std::string> notes;
  const auto classes = read(around(4, 0.009f, 20000), notes);
  EXPECT_EQ(classes.size(), 20000U);
  EXPECT_THAT(classes, Each(2));
  EXPECT_TRUE(notes.empty());
}

TEST(LabelCodes, ManyFractionsAndManyUnknownCodesAreRefused) {
  std::vector<std::string> notes;
  auto values = around(1, 0.4f, 20000);
  EXPECT_THAT(message_of<DataError>([&] { read(values, notes); }),
              AllOf(HasSubstr("no whole numbers"), HasSubstr("...")));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  EXPECT_THAT(message_of<DataError>([&] { read(values, notes); }),
              AllOf(HasSubstr("unknown label codes 2 (1 voxels)"), HasSubstr("known: 0 1 4")));
}

TEST(LabelCodes, OneWrongVoxelAtTheEndIsCounted) {
  std::vector<std::string> notes;
  EXPECT_THAT(message_of<DataError>([&] {
                read({0, 0, 1, 4, 4, 2}, notes);
              }),
              HasSubstr("unknown label codes 2 (1 voxels)"));
  EXPECT_THAT(message_of<DataError>([&] {
                read({0, 0, 1, 4, 4, 3.98f, 3.98f}, notes);
              }),
              HasSubstr("3.98 (2 voxels)"));
  EXPECT_THAT(message_of<DataError>([&] {
                read({0, std::nanf(""), 1}, notes);
              }),
              HasSubstr("nan (1 voxels)"));
}

TEST(LabelCodes, AnAliasIsToldOnceWithAllItsVoxels) {
  std::vector<std::string> notes;
  EXPECT_THAT(read({421, 0, 420.995f, 4}, notes), ElementsAre(2, 0, 2, 2));
  EXPECT_THAT(notes, ElementsAre("seg.nii: code 421 read as 4 (2 voxels)"));
}

}  // namespace
}  // namespace kdseg::intake

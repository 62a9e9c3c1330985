#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/random.h"
#include "image/scan.h"
#include "intake/intake.h"
#include "unit/image/scan_files.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

using test::Folder;
using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const LabelMeaning brats{{{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}},
                         {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}},
                         {}};
const LabelMeaning heart{{{"background", "MYO", "LA", "LV"}, {0, 205, 420, 500}}, {}, {{421, 420}}};

Grid plain_grid(std::array<int64_t, 3> size = {8, 7, 6}) {
  Grid grid;
  grid.size = size;
  return grid;
}

/// A case on disk: sequences with content in a box inside a border of zeros, and a label.
struct Exam {
  Folder folder;
  CaseFiles files{"case7", "HGG", {}, "", ""};
  Grid grid;

  explicit Exam(const Grid& of = plain_grid()) : grid(of) {}

  std::vector<float> content(uint64_t seed) const {
    Random random(seed, 0, "content");
    std::vector<float> voxels(static_cast<size_t>(grid.voxel_count()));
    size_t i = 0;
    for (int64_t z = 0; z < grid.size[2]; ++z)
      for (int64_t y = 0; y < grid.size[1]; ++y)
        for (int64_t x = 0; x < grid.size[0]; ++x, ++i)
          if (x >= 2 && x < 6 && y >= 1 && y < 6 && z >= 1 && z < 5)
            voxels[i] = static_cast<float>(100 + random.below(900));
    return voxels;
  }

  void add(const std::string& channel, const std::vector<float>& voxels, const Grid& header) {
    files.images.push_back({channel, folder / (channel + ".nii.gz")});
    image::write_scan(files.images.back().path, header, voxels.data());
  }
  void add(const std::string& channel, uint64_t seed) { add(channel, content(seed), grid); }

  void label(const std::vector<int>& codes) {
    files.label = folder / "seg.nii.gz";
    image::write_codes(files.label, grid, codes);
  }

  Volume import(const LabelMeaning* meaning = nullptr) {
    testing::internal::CaptureStderr();
    try {
      Volume volume = import_case(files, meaning);
      printed = testing::internal::GetCapturedStderr();
      return volume;
    } catch (...) {
      printed = testing::internal::GetCapturedStderr();
      throw;
    }
  }
  std::string refused(const LabelMeaning* meaning = nullptr) {
    return message_of<DataError>([&] { import(meaning); });
  }
  std::string printed;
};

TEST(Import, CutsToTheContentOfAllSequences) {
  Exam exam;
  exam.add("t1", 1);
  std::vector<float> other(static_cast<size_t>(exam.grid.voxel_count()));
  other[0] = 5;  // voxel (0, 0, 0) is set in t2 alone
  exam.add("t2", other, exam.grid);
  const Volume volume = exam.import();
  EXPECT_THAT(volume.data.image.grid.size, ElementsAre(6, 6, 5));
  EXPECT_THAT(volume.data.image.channels, ElementsAre("t1", "t2"));
  EXPECT_EQ(volume.recipe_id, "source");
  EXPECT_EQ(volume.data.id, "case7");
  EXPECT_EQ(volume.data.stratum, "HGG");
  EXPECT_EQ(volume.chain.source.size, exam.grid.size);
  EXPECT_FALSE(volume.data.brain.has_value());
  EXPECT_FALSE(volume.data.label.has_value());
  EXPECT_EQ(voxels::grid_after(volume.chain), volume.data.image.grid);
  const Image back = voxels::restore(volume.chain, volume.data.image, {0.0f});
  const std::vector<float> t1 = exam.content(1);
  EXPECT_TRUE(std::equal(t1.begin(), t1.end(), back.voxels.begin())) << "intensities untouched";
}

TEST(Import, TheLabelBelongsToTheContent) {
  Exam exam;
  exam.add("t1", 1);
  std::vector<int> codes(static_cast<size_t>(exam.grid.voxel_count()));
  codes.back() = 4;
  codes[(2 * 7 + 3) * 8 + 4] = 2;
  exam.label(codes);
  const Volume volume = exam.import(&brats);
  EXPECT_THAT(volume.data.image.grid.size, ElementsAre(6, 6, 5));
  ASSERT_TRUE(volume.data.label.has_value());
  EXPECT_EQ(volume.data.label->voxels.back(), 3) << "class index of code 4";
  EXPECT_EQ(volume.data.classes, brats.classes);
  EXPECT_EQ(volume.data.regions, brats.regions);
  EXPECT_EQ(volume.data.label->grid, volume.data.image.grid);
}

TEST(Import, TheLabelIsNoImage) {
  Exam exam;
  exam.add("t1", 1);
  exam.add("t2", 2);
  exam.label(std::vector<int>(static_cast<size_t>(exam.grid.voxel_count()), 4));
  namespace fs = std::filesystem;
  const fs::path file = exam.files.label;
  exam.files.images[1].path =
      file.parent_path() / ".." / file.parent_path().filename() / file.filename();
  EXPECT_THAT(message_of<DataError>([&] { import_case(exam.files, &brats); }),
              HasSubstr("is named for the label and for t2"));
}

TEST(Import, EqualImagesAreTold) {
  Exam exam;
  exam.add("t1", 1);
  exam.add("t2", 2);
  exam.add("flair", 1);
  exam.import();
  EXPECT_THAT(exam.printed, HasSubstr("t1 and flair are equal in every voxel"));
}

TEST(Import, ACtWithNegativeAirIsKeptWhole) {
  Exam exam;
  std::vector<float> hu(static_cast<size_t>(exam.grid.voxel_count()), -1024.0f);
  for (size_t i = 100; i < 200; ++i) hu[i] = static_cast<float>(i) - 150.0f;  // passes through 0
  exam.add("ct", hu, exam.grid);
  const Volume volume = exam.import();
  EXPECT_EQ(volume.data.image.grid.size, exam.grid.size);
  EXPECT_EQ(volume.data.image.voxels, hu);
  EXPECT_EQ(exam.printed, "") << "negative values are what a CT is made of";
}

// Heart MR comes with permuted and reversed axes; what goes back must fit the file it came from.
TEST(Import, PermutedAndFlippedAxesComeBackVoxelForVoxel) {
  Random random(3, 0, "orientation");
  for (int round = 0; round < 24; ++round) {
    std::vector<int> axes{0, 1, 2};
    random.shuffle(axes);
    Reorient turn;
    for (int i = 0; i < 3; ++i) {
      turn.axis[i] = axes[i];
      turn.flip[i] = random.below(2) == 1;
    }
    Grid straight = plain_grid();
    straight.spacing_mm = {0.5, 0.75, 1.5};
    straight.origin_mm = {-31.25, 12.5, 800.0};
    const double c = std::cos(0.1), s = std::sin(0.1);
    straight.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
    Exam exam(straight);
    const std::vector<float> upright = exam.content(9);
    const Image turned = voxels::apply(Image{straight, {"mr"}, upright}, turn);
    exam.grid = turned.grid;
    exam.add("mr", turned.voxels, turned.grid);
    std::vector<int> codes;
    for (const float v : turned.voxels) codes.push_back(v > 700 ? 500 : v > 400 ? 421 : 0);
    exam.label(codes);

    const Volume volume = exam.import(&heart);
    // The import is the upright volume, whatever the file's axes were.
    const Image expected =
        voxels::apply(Image{straight, {"mr"}, upright}, Box{{2, 1, 1}, {4, 5, 4}});
    EXPECT_TRUE(same_grid(volume.data.image.grid, expected.grid, 1e-4));
    EXPECT_EQ(volume.data.image.voxels, expected.voxels);
    EXPECT_THAT(exam.printed, HasSubstr("code 421 read as 420"));

    io::Prediction prediction;
    prediction.case_id = "case7";
    prediction.chain = volume.chain;
    prediction.label = *volume.data.label;
    prediction.classes = volume.data.classes;
    write_label_scan(exam.folder / "out.nii.gz", prediction);
    const image::Scan out = image::read_scan(exam.folder / "out.nii.gz");
    EXPECT_TRUE(same_grid(out.image.grid, image::read_grid(exam.files.label), 1e-5));
    EXPECT_EQ(out.component, "int16");
    for (size_t i = 0; i < codes.size(); ++i)
      ASSERT_EQ(out.image.voxels[i], static_cast<float>(codes[i] == 421 ? 420 : codes[i]));
  }
}

// The headers of some releases lie; their manifests name the one that counts.
TEST(Import, TheNamedHeaderCountsWhereHeadersDiffer) {
  Exam exam;
  exam.files.header_authority = "t1";
  Grid other = exam.grid;
  other.origin_mm = {0, 239, 0};
  other.direction = {-1, 0, 0, 0, 1, 0, 0, 0, 1};
  exam.add("flair", exam.content(1), other);
  exam.add("t1", exam.content(2), exam.grid);
  const Volume volume = exam.import();
  EXPECT_TRUE(same_grid(volume.chain.source, exam.grid));
  EXPECT_THAT(exam.printed, AllOf(HasSubstr("case case7"), HasSubstr("flair.nii.gz"),
                                  HasSubstr("t1.nii.gz, whose geometry is used")));
  EXPECT_EQ(volume.data.image.voxels.front(), exam.content(1)[(1 * 7 + 1) * 8 + 2]) << "as it lies";
  EXPECT_TRUE(volume.overlaid.empty()) << "the data set says so, not the user";
  exam.files.header_authority = "flair";
  EXPECT_TRUE(same_grid(exam.import().chain.source, other));
}

// Image and label of different programs: both headers are right, the array axes run otherwise.
TEST(Import, OtherAxesAtTheSamePlaceAreTurnedExactly) {
  Random random(11, 0, "axes");
  for (int round = 0; round < 12; ++round) {
    std::vector<int> axes{0, 1, 2};
    random.shuffle(axes);
    Reorient turn;
    for (int i = 0; i < 3; ++i) turn.axis[i] = axes[i], turn.flip[i] = random.below(2) == 1;
    Grid grid = plain_grid();
    grid.spacing_mm = {0.5, 0.75, 1.5};
    grid.origin_mm = {-31.25, 12.5, 800.0};
    Exam exam(grid);
    exam.add("t1", 1);
    const Image other = voxels::apply(Image{grid, {"flair"}, exam.content(2)}, turn);
    exam.add("flair", other.voxels, other.grid);
    std::vector<float> codes(static_cast<size_t>(grid.voxel_count()));
    codes[(2 * 7 + 3) * 8 + 4] = 4;
    codes[(4 * 7 + 1) * 8 + 2] = 2;
    const Image label = voxels::apply(Image{grid, {""}, codes}, turn);
    exam.files.label = exam.folder / "seg.nii.gz";
    image::write_scan(exam.files.label, label.grid, label.voxels.data());
    const Volume volume = exam.import(&brats);
    const Image back = voxels::restore(volume.chain, volume.data.image, {0.0f});
    const std::vector<float> flair = exam.content(2);
    EXPECT_TRUE(std::equal(flair.begin(), flair.end(), back.channel(1)));
    const Labels placed = voxels::restore(volume.chain, *volume.data.label);
    EXPECT_EQ(placed.voxels[(2 * 7 + 3) * 8 + 4], 3);
    EXPECT_EQ(placed.voxels[(4 * 7 + 1) * 8 + 2], 2);
    EXPECT_EQ(std::count(placed.voxels.begin(), placed.voxels.end(), 0), grid.voxel_count() - 2);
  }
}

TEST(Import, AnotherPlaceIsRefusedInMillimeters) {
  Exam exam;
  exam.add("t1", 1);
  Grid moved = exam.grid;
  moved.origin_mm = {3, 0, 4};
  exam.add("t2", exam.content(2), moved);
  EXPECT_THAT(exam.refused(),
              AllOf(HasSubstr("t2.nii.gz"), HasSubstr("t1.nii.gz"), HasSubstr("origin by 5 mm"),
                    HasSubstr("5 voxels"), HasSubstr("--ignore-geometry")));
  exam.files.images.pop_back();
  moved = exam.grid;
  moved.spacing_mm = {3.5, 3.5, 3};
  exam.add("t2", exam.content(2), moved);
  EXPECT_THAT(exam.refused(), HasSubstr("spacing by 2.5 mm"));
  exam.files.images.pop_back();
  moved = exam.grid;
  moved.origin_mm = {0.05, 0, -0.05};
  exam.add("t2", exam.content(2), moved);
  EXPECT_EQ(exam.import().data.image.channels.size(), 2u) << "a tenth of a voxel is rounding";
}

TEST(Import, IgnoredGeometryLaysArraysOverEachOtherAndTheVolumeSaysSo) {
  Exam exam;
  exam.add("t1", 1);
  Grid moved = exam.grid;
  moved.origin_mm = {300, 0, 0};
  exam.add("t2", exam.content(2), moved);
  exam.files.ignore_geometry = true;
  const Volume volume = exam.import();
  EXPECT_THAT(volume.overlaid, ElementsAre("t2"));
  EXPECT_TRUE(same_grid(volume.chain.source, exam.grid));
  EXPECT_THAT(exam.printed, HasSubstr("300 mm"));
  const Image back = voxels::restore(volume.chain, volume.data.image, {0.0f});
  const std::vector<float> t2 = exam.content(2);
  EXPECT_TRUE(std::equal(t2.begin(), t2.end(), back.channel(1)));
}

TEST(Import, ACroppedSegmentationOfSlicerLiesWhereItsHeaderSays) {
  Exam exam;
  exam.add("t1", 1);
  exam.files.label = exam.folder / "cut.seg.nrrd";
  const auto write = [&](const std::string& origin) {
    std::string text =
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 1 3\n"
        "space directions: (1,0,0) (0,1,0) (0,0,1)\nkinds: domain domain domain\n"
        "endian: little\nencoding: raw\nspace origin: " +
        origin + "\nSegment0_ID:=Segment_1\nSegment0_LabelValue:=1\n\n";
    text += std::string("\1\2\0\4\0\1", 6);
    test::spill(exam.files.label, text);
  };
  write("(3,2,1)");
  const Labels label = voxels::restore(exam.import(&brats).chain, *exam.import(&brats).data.label);
  EXPECT_EQ(label.voxels[(1 * 7 + 2) * 8 + 3], 1);
  EXPECT_EQ(label.voxels[(1 * 7 + 2) * 8 + 4], 2);
  EXPECT_EQ(label.voxels[(2 * 7 + 2) * 8 + 4], 3);
  EXPECT_EQ(label.voxels[(3 * 7 + 2) * 8 + 4], 1);
  EXPECT_EQ(std::count(label.voxels.begin(), label.voxels.end(), 0), 336 - 4);
  write("(3.5,2,1)");
  EXPECT_THAT(exam.refused(&brats), HasSubstr("2x1x3"));
  write("(7,2,1)");
  EXPECT_THAT(exam.refused(&brats), HasSubstr("labelled voxels lie outside"));
}

TEST(Import, TheVolumesOfA4dFileAreChannelsInItsOrder) {
  Exam exam;
  Image both{exam.grid, {"a", "b"}, exam.content(1)};
  for (const float v : exam.content(2)) both.voxels.push_back(v);
  const std::string file = exam.folder / "both.nii.gz";
  image::write_channels(file, both);
  exam.files.images = {{"flair", file, 0, 2}, {"t2", file, 1, 2}};
  const Volume volume = exam.import();
  EXPECT_THAT(volume.data.image.channels, ElementsAre("flair", "t2"));
  const Image back = voxels::restore(volume.chain, volume.data.image, {0.0f});
  EXPECT_EQ(back.voxels, both.voxels);
  exam.files.images = {{"flair", file}};
  EXPECT_THAT(exam.refused(), AllOf(HasSubstr("2 volumes"), HasSubstr("--image flair,t1")));
  exam.files.images = {{"a", file, 0, 3}, {"b", file, 1, 3}, {"c", file, 2, 3}};
  EXPECT_THAT(exam.refused(), AllOf(HasSubstr("2 volumes"), HasSubstr("3 are named")));
}

TEST(Import, ABackgroundOfNanIsCountedAndZeroOnRequest) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Exam exam;
  std::vector<float> masked = exam.content(1);
  const auto zeros = std::count(masked.begin(), masked.end(), 0.0f);
  std::replace(masked.begin(), masked.end(), 0.0f, nan);
  const size_t inside = (2 * 7 + 3) * 8 + 4;
  masked[inside] = nan;
  exam.add("t1", masked, exam.grid);
  const std::string count = fmt::format("{} of 336 voxels are NaN", zeros + 1);
  EXPECT_THAT(exam.refused(),
              AllOf(HasSubstr(count), HasSubstr("1 of them enclosed"), HasSubstr("--nan zero")));
  exam.files.nan_is_zero = true;
  const Volume volume = exam.import();
  std::vector<float> expected = exam.content(1);
  expected[inside] = 0;
  EXPECT_EQ(voxels::restore(volume.chain, volume.data.image, {0.0f}).voxels, expected);
  EXPECT_THAT(exam.printed, HasSubstr(fmt::format("t1 {} (1 of them enclosed", zeros + 1)));

  std::vector<int> codes(static_cast<size_t>(exam.grid.voxel_count()));
  codes[inside] = 4;
  exam.label(codes);
  EXPECT_THAT(exam.refused(&brats), HasSubstr("1 of them where the label names a structure"));
}

TEST(Import, OtherShapesAreRefusedNamingBothFiles) {
  Exam exam;
  exam.add("t1", 1);
  exam.add("t2", std::vector<float>(8 * 7 * 5, 1.0f), plain_grid({8, 7, 5}));
  EXPECT_THAT(exam.refused(), AllOf(HasSubstr("case case7"), HasSubstr("t2.nii.gz has 8x7x5"),
                                    HasSubstr("t1.nii.gz has 8x7x6")));
}

TEST(Import, NegativeVoxelsAndExtremeMaximaAreReportedOnOneLine) {
  Exam exam;
  std::vector<float> voxels = exam.content(1);
  const size_t inside = (2 * 7 + 3) * 8 + 4;
  voxels[inside] = -52;
  voxels[inside + 1] = 15462;
  exam.add("t1ce", voxels, exam.grid);
  const Volume volume = exam.import();
  EXPECT_THAT(exam.printed, AllOf(HasSubstr("case case7"), HasSubstr("negative voxels: t1ce 1"),
                                  HasSubstr("least -52"), HasSubstr("15462")));
  EXPECT_EQ(std::count(exam.printed.begin(), exam.printed.end(), '\n'), 1);
  EXPECT_EQ(*std::min_element(volume.data.image.voxels.begin(), volume.data.image.voxels.end()),
            -52);
}

TEST(Import, EmptyAndNonFiniteScansAreRefused) {
  Exam exam;
  const std::vector<float> nothing(static_cast<size_t>(exam.grid.voxel_count()));
  exam.add("t1", nothing, exam.grid);
  exam.add("t2", nothing, exam.grid);
  EXPECT_THAT(exam.refused(), HasSubstr("every voxel of t1, t2 is 0"));
  std::vector<float> broken = exam.content(1);
  broken[5] = std::numeric_limits<float>::quiet_NaN();
  exam.add("flair", broken, exam.grid);
  EXPECT_THAT(exam.refused(), AllOf(HasSubstr("flair.nii.gz"), HasSubstr("1 of 336 voxels")));
}

TEST(Import, ASequenceOfZerosIsReported) {
  Exam exam;
  exam.add("t1", 1);
  exam.add("t2", std::vector<float>(static_cast<size_t>(exam.grid.voxel_count())), exam.grid);
  exam.import();
  EXPECT_THAT(exam.printed, HasSubstr("all voxels equal in t2"));
}

TEST(Import, UnknownCodesAreNamedWithTheirVoxels) {
  Exam exam;
  exam.add("t1", 1);
  std::vector<int> codes(static_cast<size_t>(exam.grid.voxel_count()));
  codes[0] = codes[1] = 3;
  codes[2] = 7;
  codes[3] = 4;
  exam.label(codes);
  EXPECT_THAT(exam.refused(&brats),
              AllOf(HasSubstr("seg.nii.gz"), HasSubstr("3 (2 voxels)"), HasSubstr("7 (1 voxels)"),
                    HasSubstr("known: 0 1 2 4"), Not(HasSubstr("4 (1"))));
  EXPECT_THROW(import_case(exam.files, nullptr), UsageError);
}

TEST(Import, FloatLabelsOfWholeNumbersAreTaken) {
  Exam exam;
  exam.add("t1", 1);
  std::vector<float> codes(static_cast<size_t>(exam.grid.voxel_count()));
  codes[0] = 4;
  exam.files.label = exam.folder / "seg.nii.gz";
  image::write_scan(exam.files.label, exam.grid, codes.data(), {"float64", ""});
  EXPECT_EQ(exam.import(&brats).data.label->voxels[0], 3);
  // What a slope or a detour through another type leaves of whole numbers.
  codes[1] = 1.996f;
  codes[2] = 0.9999f;
  image::write_scan(exam.files.label, exam.grid, codes.data());
  EXPECT_EQ(exam.import(&brats).data.label->voxels[1], 2);
  EXPECT_EQ(exam.import(&brats).data.label->voxels[2], 1);
  codes[1] = 1.02f;
  image::write_scan(exam.files.label, exam.grid, codes.data());
  EXPECT_THAT(exam.refused(&brats), HasSubstr("1.02 (1"));
  codes[1] = 1.5f;
  image::write_scan(exam.files.label, exam.grid, codes.data());
  EXPECT_THAT(exam.refused(&brats), AllOf(HasSubstr("no whole numbers"), HasSubstr("1.5 (1")));
}

TEST(Import, AChannelGivenTwiceOrNoneIsAUsageError) {
  Exam exam;
  EXPECT_THROW(import_case(exam.files, nullptr), UsageError);
  exam.add("t1", 1);
  exam.files.images.push_back(exam.files.images[0]);
  EXPECT_THROW(import_case(exam.files, nullptr), UsageError);
  exam.files.images = {{"t1", exam.folder / "missing.nii.gz"}};
  EXPECT_THAT(exam.refused(), AllOf(HasSubstr("case7"), HasSubstr("no such file")));
}

TEST(Export, ProbabilitiesGoBackWithCertainBackgroundOutside) {
  Exam exam;
  exam.add("t1", 1);
  const Volume volume = exam.import();
  const Grid& grid = volume.data.image.grid;
  const auto n = static_cast<size_t>(grid.voxel_count());
  io::Prediction prediction;
  prediction.case_id = "case7";
  prediction.chain = volume.chain;
  prediction.label = Labels{grid, std::vector<uint8_t>(n, 1)};
  prediction.classes = {{"background", "A"}, {0, 7}};
  EXPECT_THROW(write_probability_scan(exam.folder / "p.nii.gz", prediction), DataError);
  prediction.head = {Head::Kind::softmax, {"background", "A"}, {{0}, {1}}, {0, 7}};
  prediction.probability = Image{grid, {"background", "A"}, std::vector<float>(2 * n, 0.25f)};
  write_probability_scan(exam.folder / "p.nii.gz", prediction);
  const Image back = image::read_channels(exam.folder / "p.nii.gz");
  ASSERT_EQ(back.channels.size(), 2u);
  EXPECT_EQ(back.grid.size, exam.grid.size);
  EXPECT_EQ(back.channel(0)[0], 1.0f);
  EXPECT_EQ(back.channel(1)[0], 0.0f);
  const size_t inside = (2 * 7 + 3) * 8 + 4;
  EXPECT_EQ(back.channel(0)[inside], 0.25f);

  prediction.head.kind = Head::Kind::sigmoid;
  write_probability_scan(exam.folder / "p.nii.gz", prediction);
  EXPECT_EQ(image::read_channels(exam.folder / "p.nii.gz").channel(0)[0], 0.0f);

  prediction.uncertainty = Image{grid, {"A"}, std::vector<float>(n, 60.0f)};
  write_uncertainty_scan(exam.folder / "u.nii.gz", prediction);
  EXPECT_EQ(image::read_channels(exam.folder / "u.nii.gz").channel(0)[inside], 60.0f);

  write_label_scan(exam.folder / "l.nii.gz", prediction);
  const image::Scan label = image::read_scan(exam.folder / "l.nii.gz");
  EXPECT_EQ(label.image.voxels[inside], 7.0f);
  EXPECT_EQ(label.image.voxels[0], 0.0f);
  prediction.label.voxels[0] = 2;
  EXPECT_THAT(
      message_of<DataError>([&] { write_label_scan(exam.folder / "l.nii.gz", prediction); }),
      HasSubstr("case7"));
}

}  // namespace
}  // namespace kdseg::intake

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "base/errors.h"
#include "image/scan.h"
#include "unit/image/scan_files.h"

namespace kdseg::image {
namespace {

using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// PS3.6: Segmentation Storage.
const std::string segmentation = "1.2.840.10008.5.1.4.1.1.66.4";

/// One CT slice of 3x2 pixels in explicit little-endian DICOM.
struct Slice {
  std::string series = "1.2.3.4", orientation = "1\\0\\0\\0\\1\\0";
  int number = 1;
  uint16_t bits_stored = 16;
  double x = -10, y = 20, z = 0;
  std::vector<int16_t> pixels{0, 1, 2, 3, 4, 5};
  std::string echo, said;  // echo time, images in the acquisition
  std::string said_of_series;
  std::string photometric = "MONOCHROME2";
  std::string sop_class = "1.2.840.10008.5.1.4.1.1.2";  // CT
  bool placed = true;                                   // position and orientation are there
  /// Further elements behind group 0028 and their frames, for files of several.
  std::string frames, groups;

  std::string bytes() const {
    std::string out(128, '\0');
    out += "DICM";
    std::string meta;
    add(meta, 2, 0x0001, "OB", std::string("\0\1", 2));
    add(meta, 2, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.2");
    add(meta, 2, 0x0003, "UI", fmt::format("1.2.3.4.5.{}", number));
    add(meta, 2, 0x0010, "UI", "1.2.840.10008.1.2.1");
    add(meta, 2, 0x0012, "UI", "1.2.3");
    std::string length(4, '\0');
    test::put<uint32_t>(length, 0, static_cast<uint32_t>(meta.size()));
    add(out, 2, 0x0000, "UL", length);
    out += meta;
    add(out, 0x08, 0x16, "UI", sop_class);
    add(out, 0x08, 0x18, "UI", fmt::format("1.2.3.4.5.{}", number));
    add(out, 0x08, 0x60, "CS", "CT");
    add(out, 0x18, 0x50, "DS", "2.5");
    if (!echo.empty()) add(out, 0x18, 0x81, "DS", echo);
    add(out, 0x20, 0x0d, "UI", "1.2.3");
    add(out, 0x20, 0x0e, "UI", series);
    add(out, 0x20, 0x13, "IS", std::to_string(number));
    if (placed) {
      add(out, 0x20, 0x32, "DS", fmt::format("{}\\{}\\{}", x, y, z));
      add(out, 0x20, 0x37, "DS", orientation);
    }
    if (!said.empty()) add(out, 0x20, 0x1002, "IS", said);
    if (!said_of_series.empty()) add(out, 0x20, 0x1209, "IS", said_of_series);
    add(out, 0x28, 0x02, "US", two(1));
    if (!photometric.empty()) add(out, 0x28, 0x04, "CS", photometric);
    if (!frames.empty()) add(out, 0x28, 0x08, "IS", frames);
    add(out, 0x28, 0x10, "US", two(2));       // rows
    add(out, 0x28, 0x11, "US", two(3));       // columns
    add(out, 0x28, 0x30, "DS", "0.5\\0.75");  // row spacing (y), column spacing (x)
    add(out, 0x28, 0x100, "US", two(16));
    add(out, 0x28, 0x101, "US", two(bits_stored));
    add(out, 0x28, 0x102, "US", two(static_cast<uint16_t>(bits_stored - 1)));
    add(out, 0x28, 0x103, "US", two(1));
    add(out, 0x28, 0x1052, "DS", "-1024");
    add(out, 0x28, 0x1053, "DS", "2");
    out += groups;
    add(out, 0x7fe0, 0x10, "OW",
        std::string(reinterpret_cast<const char*>(pixels.data()), 2 * pixels.size()));
    return out;
  }

  static std::string two(uint16_t value) {
    std::string out(2, '\0');
    test::put(out, 0, value);
    return out;
  }
  static void add(std::string& out, uint16_t group, uint16_t element, const std::string& type,
                  std::string value) {
    if (value.size() % 2) value += type == "UI" ? '\0' : ' ';
    out += two(group) + two(element) + type;
    if (type == "OB" || type == "OW" || type == "SQ") {
      std::string length(6, '\0');
      test::put<uint32_t>(length, 2, static_cast<uint32_t>(value.size()));
      out += length;
    } else {
      out += two(static_cast<uint16_t>(value.size()));
    }
    out += value;
  }
};

/// A sequence of items, each the bytes of its elements.
std::string sequence(uint16_t group, uint16_t element, const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& one : items) {
    all += Slice::two(0xfffe) + Slice::two(0xe000) + std::string(4, '\0') + one;
    test::put<uint32_t>(all, all.size() - one.size() - 4, static_cast<uint32_t>(one.size()));
  }
  std::string out;
  Slice::add(out, group, element, "SQ", all);
  return out;
}

/// One multi-frame file; frame i lies at z = places[i] and holds pixels of 10 i on.
std::string multi_frame(const std::vector<double>& places) {
  std::vector<std::string> items;
  Slice slice;
  slice.placed = false;
  slice.frames = std::to_string(places.size());
  slice.pixels.clear();
  for (size_t i = 0; i < places.size(); ++i) {
    std::string position;
    Slice::add(position, 0x20, 0x32, "DS", fmt::format("-10\\20\\{}", places[i]));
    items.push_back(sequence(0x20, 0x9113, {position}));
    for (int16_t p = 0; p < 6; ++p) slice.pixels.push_back(static_cast<int16_t>(10 * i + p));
  }
  std::string orientation, measures;
  Slice::add(orientation, 0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0");
  Slice::add(measures, 0x28, 0x30, "DS", "0.5\\0.75");
  slice.groups = sequence(
      0x5200, 0x9229, {sequence(0x20, 0x9116, {orientation}) + sequence(0x28, 0x9110, {measures})});
  if (!places.empty()) slice.groups += sequence(0x5200, 0x9230, items);
  return slice.bytes();
}

/// Slices 2.5 mm apart whose file names do not follow their order.
void write_series(const test::Folder& folder, int count, const std::string& series = "1.2.3.4",
                  const std::string& prefix = "s") {
  for (int i = 0; i < count; ++i) {
    Slice slice;
    slice.series = series;
    slice.number = i + 1;
    slice.z = 100 + 2.5 * i;
    for (int16_t& pixel : slice.pixels) pixel = static_cast<int16_t>(pixel + 10 * i);
    test::spill(folder / fmt::format("{}{}.dcm", prefix, (i * 7 + 3) % 10), slice.bytes());
  }
}

TEST(Dicom, AFolderIsAVolumeWithRescaledValues) {
  const test::Folder folder;
  write_series(folder, 5);
  const Scan scan = read_scan(folder.path());
  EXPECT_THAT(scan.image.grid.size, ElementsAre(3, 2, 5));
  EXPECT_THAT(scan.image.grid.spacing_mm, ElementsAre(0.75, 0.5, 2.5));
  EXPECT_THAT(scan.image.grid.origin_mm, ElementsAre(-10, 20, 100));
  EXPECT_THAT(scan.image.grid.direction, ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1));
  EXPECT_EQ(scan.image.voxels[0], -1024);
  EXPECT_EQ(scan.image.voxels[6 * 3 + 4], -1024 + 2 * 34);
  EXPECT_TRUE(same_grid(read_grid(folder.path()), scan.image.grid, 1e-9));
}

/// Three slices that differ in what `change` does to them.
void write_changed(const test::Folder& folder, const std::function<void(Slice&, int)>& change) {
  for (int i = 0; i < 3; ++i) {
    Slice slice;
    slice.number = i + 1;
    slice.z = 2.5 * i;
    change(slice, i);
    test::spill(folder / fmt::format("{}.dcm", i), slice.bytes());
  }
}

// PS3.3 C.7.6.3.1.2: MONOCHROME1 says that the least value is to be shown white. A CT shown so has
// the same Hounsfield units.
TEST(Dicom, HowToShowValuesDoesNotChangeThem) {
  for (const uint16_t bits : {16, 12}) {
    const test::Folder folder;
    write_changed(folder, [&](Slice& slice, int) {
      slice.photometric = "MONOCHROME1";
      slice.bits_stored = bits;
      slice.pixels = {-7, 1, 2, 3, 4, 500};
    });
    const Scan scan = read_scan(folder.path());
    const float* first = scan.image.voxels.data();
    EXPECT_THAT(std::vector<float>(first, first + 6),
                ElementsAre(-1038, -1022, -1020, -1018, -1016, -24))
        << bits;
  }
}

TEST(Dicom, WhatIsNoGrayValueIsRefused) {
  for (const std::string meaning : {"PALETTE COLOR", "RGB", "YBR_FULL", "MONOCHROME3"}) {
    const test::Folder folder;
    write_changed(folder, [&](Slice& slice, int) { slice.photometric = meaning; });
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
                AllOf(HasSubstr("0.dcm"), HasSubstr(meaning)));
  }
  {
    const test::Folder folder;
    write_changed(folder, [](Slice& slice, int i) {
      if (i == 1) slice.photometric = "MONOCHROME1";
    });
    EXPECT_THAT(
        message_of<DataError>([&] { read_scan(folder.path()); }),
        AllOf(HasSubstr("1.dcm"), HasSubstr("MONOCHROME1 among slices of MONOCHROME2 (0.dcm)")));
  }
  {
    const test::Folder folder;
    write_changed(folder, [](Slice& slice, int) { slice.sop_class = segmentation; });
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
                AllOf(HasSubstr("0.dcm"), HasSubstr("a DICOM segmentation")));
  }
  const test::Folder folder;
  write_changed(folder, [](Slice& slice, int) {
    std::string entry;
    Slice::add(entry, 0x28, 0x3002, "US", Slice::two(3) + Slice::two(0) + Slice::two(16));
    slice.groups = sequence(0x28, 0x3000, {entry});
  });
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              AllOf(HasSubstr("0.dcm"), HasSubstr("ModalityLUTSequence")));
}

TEST(Dicom, SeveralSeriesAreListed) {
  const test::Folder folder;
  write_series(folder, 3);
  write_series(folder, 4, "1.2.3.9", "t");
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              AllOf(HasSubstr("2 DICOM series"), HasSubstr("1.2.3.4"), HasSubstr("1.2.3.9"),
                    HasSubstr("3 files"), HasSubstr("4 files")));
}

TEST(Dicom, AMissingSliceIsFound) {
  const test::Folder folder;
  write_series(folder, 6);
  std::filesystem::remove(folder / "s7.dcm");  // the third
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              HasSubstr("a slice is missing or doubled"));
}

TEST(Dicom, FramesOfOneFileAreOrderedByTheirPositions) {
  const test::Folder folder;
  test::spill(folder / "a.dcm", multi_frame({106, 100, 103}));
  const Scan scan = read_scan(folder / "a.dcm");
  EXPECT_THAT(scan.image.grid.size, ElementsAre(3, 2, 3));
  EXPECT_THAT(scan.image.grid.spacing_mm, ElementsAre(0.75, 0.5, 3));
  EXPECT_THAT(scan.image.grid.origin_mm, ElementsAre(-10, 20, 100));
  const float slope = scan.image.voxels[1] - scan.image.voxels[0];
  EXPECT_EQ(scan.image.voxels[6] - scan.image.voxels[0], 10 * slope) << "frames 2, 3, 1";
  EXPECT_EQ(scan.image.voxels[12] - scan.image.voxels[0], -10 * slope);
  EXPECT_EQ(read_scan(folder.path()).image.voxels, scan.image.voxels);
}

TEST(Dicom, FramesThatAreNoVolumeAreRefused) {
  const test::Folder folder;
  const auto refused = [&](const std::vector<double>& places) {
    test::spill(folder / "a.dcm", multi_frame(places));
    return message_of<DataError>([&] { read_scan(folder / "a.dcm"); });
  };
  EXPECT_THAT(refused({100, 103, 100, 103}), AllOf(HasSubstr("4 images at 2 places"),
                                                   HasSubstr("a.dcm, frame 1 and a.dcm, frame 3")));
  EXPECT_THAT(refused({100, 103, 109}), HasSubstr("a slice is missing"));
  Slice plain;
  plain.placed = false;
  plain.frames = "2";
  plain.pixels.resize(12);
  test::spill(folder / "a.dcm", plain.bytes());
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.dcm"); }),
              AllOf(HasSubstr("frame 1"), HasSubstr("no position")));
  plain.frames = "3";
  test::spill(folder / "a.dcm", plain.bytes());
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.dcm"); }),
              HasSubstr("12 bytes of pixels are missing"));
}

TEST(Dicom, EchoesAndALocalizerAreNoSlices) {
  const test::Folder folder;
  for (int i = 0; i < 6; ++i) {
    Slice slice;
    slice.number = i + 1;
    slice.z = 2.5 * (i / 2);
    slice.echo = i % 2 == 0 ? "20" : "80";
    test::spill(folder / fmt::format("{}.dcm", i), slice.bytes());
  }
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              AllOf(HasSubstr("6 images at 3 places"), HasSubstr("echo times 20, 80"),
                    HasSubstr("0.dcm and 1.dcm")));
  const test::Folder second;
  write_series(second, 4);
  Slice localizer;
  localizer.number = 9;
  localizer.orientation = "1\\0\\0\\0\\0\\-1";
  test::spill(second / "scout.dcm", localizer.bytes());
  EXPECT_THAT(message_of<DataError>([&] { read_scan(second.path()); }),
              AllOf(HasSubstr("2 kinds of planes"), HasSubstr("scout.dcm")));
}

TEST(Dicom, ASliceThatIsMissingAtAnEndIsFoundWhereOthersCount) {
  const test::Folder folder;
  for (int i = 0; i < 3; ++i) {
    Slice slice;
    slice.number = i + 1;
    slice.z = 2.5 * i;
    slice.said = "4";
    test::spill(folder / fmt::format("{}.dcm", i), slice.bytes());
  }
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              AllOf(HasSubstr("3 slices"), HasSubstr("0.dcm says that there are 4")));
}

// Of four images of an acquisition one may be another series'; what the series itself counts is
// proof, either way.
TEST(Dicom, WhatASeriesCountsOutweighsWhatItsAcquisitionDoes) {
  const test::Folder whole, cut;
  write_changed(whole, [](Slice& slice, int) {
    slice.said = "4";
    slice.said_of_series = "3";
  });
  EXPECT_EQ(read_scan(whole.path()).image.grid.size[2], 3);
  write_changed(cut, [](Slice& slice, int) { slice.said_of_series = "7"; });
  EXPECT_THAT(message_of<DataError>([&] { read_scan(cut.path()); }),
              AllOf(HasSubstr("3 slices"), HasSubstr("0.dcm says that there are 7")));
}

TEST(Dicom, AnAcquisitionOfSeveralSeriesCountsTheImagesOfAll) {
  for (const std::string said : {"6", "12", "48"}) {  // of two, four and sixteen series
    const test::Folder folder;
    for (int i = 0; i < 3; ++i) {
      Slice slice;
      slice.number = i + 1;
      slice.z = 2.5 * i;
      slice.said = said;
      test::spill(folder / fmt::format("{}.dcm", i), slice.bytes());
    }
    EXPECT_EQ(read_scan(folder.path()).image.grid.size[2], 3) << said;
  }
}

TEST(Dicom, WhatCannotBeReadIsNamedAndWhatIsNoSlicePassedOver) {
  const test::Folder folder;
  write_series(folder, 4);
  test::spill(folder / "README.txt", "exported\n");
  test::spill(folder / ".DS_Store", std::string("\0\0\0\1Bud1", 8));
  test::spill(folder / "._s0.dcm", std::string(200, '\5'));
  test::spill(folder / "DICOMDIR", std::string(128, '\0') + "DICM" + std::string(20, '\0'));
  const std::string sound = test::slurp(folder / "s3.dcm");
  EXPECT_EQ(read_scan(folder.path()).image.grid.size[2], 4);
  for (const size_t length :
       {size_t{0}, size_t{60}, size_t{200}, size_t{300}, size_t{420}, sound.size() - 1}) {
    test::spill(folder / "s3.dcm", sound.substr(0, length));
    testing::internal::CaptureStderr();
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }), HasSubstr("s3.dcm"))
        << length;
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  }
}

// The library below is built with asserts in Debian: damage must not end the program.
TEST(Dicom, DamagedBytesNeverEndTheProgram) {
  const test::Folder folder;
  write_series(folder, 3);
  const std::string sound = test::slurp(folder / "s3.dcm");
  for (size_t at = 132; at < sound.size(); at += 5) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(0xff);
    test::spill(folder / "s3.dcm", bytes);
    try {
      EXPECT_EQ(read_scan(folder.path()).image.voxels.size(), 18u) << at;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(folder.path())) << at;
    }
  }
}

TEST(Dicom, ATruncatedSliceIsFound) {
  const test::Folder folder;
  write_series(folder, 4);
  const std::string bytes = test::slurp(folder / "s0.dcm");
  test::spill(folder / "s0.dcm", bytes.substr(0, bytes.size() - 6));
  testing::internal::CaptureStderr();
  EXPECT_NE(message_of<DataError>([&] { read_scan(folder.path()); }), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Dicom, ASingleSliceOrAFolderWithoutAnyIsRefused) {
  const test::Folder folder;
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              HasSubstr("holds no DICOM image"));
  write_series(folder, 1);
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder.path()); }),
              HasSubstr("a single DICOM slice"));
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "s3.dcm"); }),
              HasSubstr("give the folder"));
}

}  // namespace
}  // namespace kdseg::image

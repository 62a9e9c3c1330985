#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/errors.h"
#include "image/scan.h"
#include "unit/image/scan_files.h"

namespace kdseg::image {
namespace {

using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One CT slice of 3x2 pixels in explicit little-endian DICOM.
struct Slice {
  std::string series = "1.2.3.4", orientation = "1\\0\\0\\0\\1\\0";
  int number = 1;
  double x = -10, y = 20, z = 0;
  std::vector<int16_t> pixels{0, 1, 2, 3, 4, 5};

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
    add(out, 0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2");
    add(out, 0x08, 0x18, "UI", fmt::format("1.2.3.4.5.{}", number));
    add(out, 0x08, 0x60, "CS", "CT");
    add(out, 0x18, 0x50, "DS", "2.5");
    add(out, 0x20, 0x0d, "UI", "1.2.3");
    add(out, 0x20, 0x0e, "UI", series);
    add(out, 0x20, 0x13, "IS", std::to_string(number));
    add(out, 0x20, 0x32, "DS", fmt::format("{}\\{}\\{}", x, y, z));
    add(out, 0x20, 0x37, "DS", orientation);
    add(out, 0x28, 0x02, "US", two(1));
    add(out, 0x28, 0x04, "CS", "MONOCHROME2");
    add(out, 0x28, 0x10, "US", two(2));       // rows
    add(out, 0x28, 0x11, "US", two(3));       // columns
    add(out, 0x28, 0x30, "DS", "0.5\\0.75");  // row spacing (y), column spacing (x)
    add(out, 0x28, 0x100, "US", two(16));
    add(out, 0x28, 0x101, "US", two(16));
    add(out, 0x28, 0x102, "US", two(15));
    add(out, 0x28, 0x103, "US", two(1));
    add(out, 0x28, 0x1052, "DS", "-1024");
    add(out, 0x28, 0x1053, "DS", "2");
    add(out, 0x7fe0, 0x10, "OW",
        std::string(reinterpret_cast<const char*>(pixels.data()), 2 * pixels.size()));
    return out;
  }

 private:
  static std::string two(uint16_t value) {
    std::string out(2, '\0');
    test::put(out, 0, value);
    return out;
  }
  static void add(std::string& out, uint16_t group, uint16_t element, const std::string& type,
                  std::string value) {
    if (value.size() % 2) value += type == "UI" ? '\0' : ' ';
    out += two(group) + two(element) + type;
    if (type == "OB" || type == "OW") {
      std::string length(6, '\0');
      test::put<uint32_t>(length, 2, static_cast<uint32_t>(value.size()));
      out += length;
    } else {
      out += two(static_cast<uint16_t>(value.size()));
    }
    out += value;
  }
};

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

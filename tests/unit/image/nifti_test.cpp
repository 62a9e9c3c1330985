#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <thread>

#include "base/errors.h"
#include "image/scan.h"
#include "unit/image/scan_files.h"

namespace kdseg::image {
namespace {

using test::message_of;
using test::NiftiHeader;
using test::write_nifti;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<int16_t> counted(int n, int first = 0) {
  std::vector<int16_t> v(n);
  std::iota(v.begin(), v.end(), static_cast<int16_t>(first));
  return v;
}

Grid oblique_grid() {
  const double c = std::cos(0.3), s = std::sin(0.3);
  Grid grid;
  grid.size = {5, 4, 3};
  grid.spacing_mm = {0.48828125, 0.9, 2.5};
  grid.origin_mm = {-101.25, 33.5, 812.125};
  grid.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  return grid;
}

std::vector<float> ramp(const Grid& grid) {
  std::vector<float> v(static_cast<size_t>(grid.voxel_count()));
  for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i) * 0.25f - 3.0f;
  return v;
}

TEST(Nifti, AnSformOfTheRasWorldBecomesAnLpsGrid) {
  const test::Folder folder;
  NiftiHeader header;
  // The geometry of BraTS files: x to the left, y to the back, origin (0, 239, 0) in RAS.
  header.srow = {-1, 0, 0, 0, 0, -1, 0, 239, 0, 0, 1, 0};
  write_nifti(folder / "a.nii", header, counted(24));
  const Scan scan = read_scan(folder / "a.nii");
  EXPECT_THAT(scan.image.grid.size, ElementsAre(2, 3, 4));
  EXPECT_THAT(scan.image.grid.spacing_mm, ElementsAre(1, 1, 1));
  EXPECT_THAT(scan.image.grid.origin_mm, ElementsAre(0, -239, 0));
  EXPECT_THAT(scan.image.grid.direction, ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1));
  EXPECT_EQ(scan.component, "int16");
  EXPECT_EQ(scan.image.channels.size(), 1u);
  EXPECT_EQ(scan.image.voxels.front(), 0);
  EXPECT_EQ(scan.image.voxels.back(), 23);
}

TEST(Nifti, TheQformCountsWhereThereIsNoSform) {
  const test::Folder folder;
  NiftiHeader header;
  header.sform_code = 0;
  header.qform_code = 1;
  header.pixdim = {1, 2, 3, 4};
  const float half = std::sqrt(0.5f);
  header.quatern = {0, 0, half, 10, 20, 30};  // 90 degrees about z: x points along +y
  write_nifti(folder / "a.nii", header, counted(24));
  const Grid grid = read_grid(folder / "a.nii");
  EXPECT_NEAR(grid.spacing_mm[0], 2, 1e-6);
  EXPECT_NEAR(grid.spacing_mm[2], 4, 1e-6);
  EXPECT_NEAR(grid.direction[3], -1, 1e-6);  // column of x in LPS: -y
  EXPECT_NEAR(grid.direction[1], 1, 1e-6);   // column of y in RAS: -x, in LPS: +x
  EXPECT_NEAR(grid.origin_mm[0], -10, 1e-6);
  EXPECT_NEAR(grid.origin_mm[1], -20, 1e-6);
  EXPECT_NEAR(grid.origin_mm[2], 30, 1e-6);
}

TEST(Nifti, WithoutAnyTransformTheCenterLiesAtZeroAndXPointsLeft) {
  const test::Folder folder;
  NiftiHeader header;
  header.sform_code = 0;
  header.pixdim = {1, 2, 3, 4};
  write_nifti(folder / "a.nii", header, counted(24));
  const Grid grid = read_grid(folder / "a.nii");
  // RAS affine diag(-2, 3, 4) with offset (1, -3, -6): what nibabel assumes.
  EXPECT_THAT(grid.origin_mm, ElementsAre(-1, 3, -6));
  EXPECT_THAT(grid.direction, ElementsAre(1, 0, 0, 0, -1, 0, 0, 0, 1));
}

TEST(Nifti, SlopeAndInterceptApply) {
  const test::Folder folder;
  NiftiHeader header;
  header.slope = 0.5f;
  header.intercept = -1024;
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_FLOAT_EQ(read_scan(folder / "a.nii").image.voxels[3], -1022.5f);
}

template <class T>
void expect_type(const std::string& name, int16_t code, T low, T high) {
  const test::Folder folder;
  NiftiHeader header;
  header.dim = {3, 2, 1, 1};
  header.datatype = code;
  header.bits = 8 * sizeof(T);
  write_nifti(folder / "a.nii", header, std::vector<T>{low, high});
  const Scan scan = read_scan(folder / "a.nii");
  EXPECT_EQ(scan.component, name);
  EXPECT_EQ(scan.image.voxels[0], static_cast<float>(low)) << name;
  EXPECT_EQ(scan.image.voxels[1], static_cast<float>(high)) << name;
}

TEST(Nifti, ReadsEveryIntegerAndFloatingPointType) {
  expect_type<uint8_t>("uint8", 2, 0, 255);
  expect_type<int8_t>("int8", 256, -128, 127);
  expect_type<int16_t>("int16", 4, -32768, 32767);
  expect_type<uint16_t>("uint16", 512, 0, 65535);
  expect_type<int32_t>("int32", 8, -70000, 8000000);
  expect_type<uint32_t>("uint32", 768, 0, 4000000000u);
  expect_type<int64_t>("int64", 1024, -5, 1 << 20);
  expect_type<uint64_t>("uint64", 1280, 5, 1 << 20);
  expect_type<float>("float32", 16, -0.1f, 1e30f);
  expect_type<double>("float64", 64, -0.1, 1e30);
}

TEST(Nifti, BigEndianFilesRead) {
  const test::Folder folder;
  NiftiHeader header;
  header.dim = {3, 2, 1, 1};
  std::string bytes = header.bytes();
  const auto swap = [&bytes](size_t at, size_t n) {
    std::reverse(bytes.begin() + at, bytes.begin() + at + n);
  };
  swap(0, 4);
  for (size_t i = 0; i < 8; ++i) swap(40 + 2 * i, 2);
  swap(70, 2), swap(72, 2), swap(252, 2), swap(254, 2);
  for (size_t i = 0; i < 8; ++i) swap(76 + 4 * i, 4);
  for (const size_t at : {108, 112, 116}) swap(at, 4);
  for (size_t i = 0; i < 18; ++i) swap(256 + 4 * i, 4);
  bytes += std::string{0x01, 0x02, static_cast<char>(0xff), static_cast<char>(0xfe)};
  test::spill(folder / "a.nii", bytes);
  EXPECT_THAT(read_scan(folder / "a.nii").image.voxels, ElementsAre(258, -2));
}

TEST(Nifti, PairsOfHeaderAndImageRead) {
  const test::Folder folder;
  std::string header = NiftiHeader{}.bytes().substr(0, 348);
  test::put<float>(header, 108, 0);
  std::memcpy(header.data() + 344, "ni1", 4);
  const std::vector<int16_t> voxels = counted(24, 5);
  test::spill(folder / "a.hdr", header);
  test::spill(folder / "a.img", {reinterpret_cast<const char*>(voxels.data()), 48});
  EXPECT_EQ(read_scan(folder / "a.hdr").image.voxels[23], 28);
  EXPECT_EQ(read_scan(folder / "a.img").image.voxels[23], 28);
  test::truncate(folder / "a.img", 0.9);
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.hdr"); }), HasSubstr("truncated"));
}

TEST(Nifti, WrittenAffineAndVoxelsComeBackInBothTransforms) {
  const test::Folder folder;
  const Grid grid = oblique_grid();
  const std::vector<float> voxels = ramp(grid);
  for (const std::string name : {"a.nii", "a.nii.gz"}) {
    write_scan(folder / name, grid, voxels.data(), {"float32", "SYNTHETIC"});
    const Scan scan = read_scan(folder / name);
    EXPECT_TRUE(same_grid(scan.image.grid, grid, 1e-5));
    EXPECT_EQ(scan.image.voxels, voxels);
  }
  const std::string bytes = test::slurp(folder / "a.nii");
  EXPECT_EQ(test::get<int32_t>(bytes, 0), 348);
  EXPECT_EQ(test::get<int16_t>(bytes, 252), 1);  // qform_code
  EXPECT_EQ(test::get<int16_t>(bytes, 254), 1);  // sform_code
  EXPECT_STREQ(bytes.data() + 148, "SYNTHETIC");
  const double c = std::cos(0.3), s = std::sin(0.3);
  const std::array<double, 12> ras{
      -c * 0.48828125, s * 0.9, 0, 101.25, -s * 0.48828125, -c * 0.9, 0, -33.5, 0, 0, 2.5, 812.125};
  for (size_t i = 0; i < 12; ++i)
    EXPECT_NEAR(test::get<float>(bytes, 280 + 4 * i), ras[i], 1e-5) << i;
  // The qform alone gives the same grid.
  std::string only_qform = bytes;
  test::put<int16_t>(only_qform, 254, 0);
  test::spill(folder / "q.nii", only_qform);
  EXPECT_TRUE(same_grid(read_grid(folder / "q.nii"), grid, 1e-4));
  EXPECT_EQ(folder.entries(), 3u);  // no temporary file is left
}

TEST(Nifti, AnAffineSurvivesReadAndWriteBitForBit) {
  const test::Folder folder;
  NiftiHeader header;
  header.pixdim = {1, 0.4883f, 0.4883f, 0.625f};
  // Slightly sheared by rounding, as old exports are.
  header.srow = {-0.4881f, 0.0121f,  0.0003f, 121.37f, -0.0119f, -0.4882f,
                 0.0004f,  -88.121f, 0.0002f, 0.0001f, 0.625f,   -1021.9f};
  write_nifti(folder / "a.nii", header, counted(24));
  const Scan scan = read_scan(folder / "a.nii");
  write_scan(folder / "b.nii", scan.image.grid, scan.image.voxels.data(), {"int16", ""});
  const std::string a = test::slurp(folder / "a.nii"), b = test::slurp(folder / "b.nii");
  for (size_t i = 0; i < 12; ++i)
    EXPECT_FLOAT_EQ(test::get<float>(a, 280 + 4 * i), test::get<float>(b, 280 + 4 * i)) << i;
  EXPECT_EQ(a.substr(352), b.substr(352));
}

TEST(Nifti, IntegersRoundAndRefuseOverflow) {
  const test::Folder folder;
  Grid grid;
  grid.size = {2, 1, 1};
  const std::vector<float> fine{1.6f, -3.4f};
  write_scan(folder / "a.nii", grid, fine.data(), {"int16", ""});
  EXPECT_THAT(read_scan(folder / "a.nii").image.voxels, ElementsAre(2, -3));
  for (const float bad : {40000.0f, -32769.0f, std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<float> voxels{0.0f, bad};
    EXPECT_THAT(message_of<RunError>([&] {
                  write_scan(folder / "b.nii", grid, voxels.data(), {"int16", ""});
                }),
                AllOf(HasSubstr("b.nii"), HasSubstr("int16")));
  }
  const std::vector<float> negative{-1.0f, 0.0f};
  EXPECT_THROW(write_scan(folder / "b.nii", grid, negative.data(), {"uint8", ""}), RunError);
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Nifti, CodesTakeTheSmallestType) {
  const test::Folder folder;
  Grid grid;
  grid.size = {2, 2, 1};
  write_codes(folder / "a.nii.gz", grid, {0, 1, 2, 4});
  write_codes(folder / "b.nii.gz", grid, {0, 205, 420, 850});
  write_codes(folder / "c.nii.gz", grid, {0, 1, 2, 70000});
  EXPECT_EQ(read_scan(folder / "a.nii.gz").component, "uint8");
  EXPECT_EQ(read_scan(folder / "b.nii.gz").component, "int16");
  EXPECT_EQ(read_scan(folder / "c.nii.gz").component, "int32");
  EXPECT_THAT(read_scan(folder / "b.nii.gz").image.voxels, ElementsAre(0, 205, 420, 850));
}

TEST(Nifti, ChannelsAreTheFourthDimension) {
  const test::Folder folder;
  Image image{oblique_grid(), {"a", "b"}, {}};
  image.voxels = ramp(image.grid);
  for (const float v : ramp(image.grid)) image.voxels.push_back(-v);
  write_channels(folder / "p.nii.gz", image);
  const Image back = read_channels(folder / "p.nii.gz");
  EXPECT_EQ(back.channels.size(), 2u);
  EXPECT_EQ(back.voxels, image.voxels);
  EXPECT_TRUE(same_grid(back.grid, image.grid, 1e-5));
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "p.nii.gz"); }),
              AllOf(HasSubstr("p.nii.gz"), HasSubstr("2 volumes")));
}

TEST(Nifti, AFourthDimensionOfOneIsAScan) {
  const test::Folder folder;
  NiftiHeader header;
  header.dim = {4, 2, 3, 4, 1};
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_EQ(read_scan(folder / "a.nii").image.voxels.size(), 24u);
}

// The library below fills missing voxels with zeros; a scan must never lose half its slices so.
TEST(Nifti, TruncatedFilesAreRefused) {
  const test::Folder folder;
  Grid grid;
  grid.size = {40, 40, 40};
  std::vector<float> voxels(64000);
  for (size_t i = 0; i < voxels.size(); ++i)
    voxels[i] = static_cast<float>((i * 2654435761u) % 65521);
  for (const std::string name : {"a.nii", "a.nii.gz"})
    for (const double part : {0.999, 0.9, 0.5, 0.1, 0.002, 0.00005}) {
      write_scan(folder / name, grid, voxels.data());
      test::truncate(folder / name, part);
      testing::internal::CaptureStderr();
      EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }), HasSubstr(name))
          << part;
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "one line, and only ours";
    }
}

TEST(Nifti, AHeaderThatPromisesTooMuchIsRefusedBeforeMemoryIsTaken) {
  const test::Folder folder;
  NiftiHeader header;
  header.dim = {3, 32767, 32767, 32767};
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.nii"); }),
              HasSubstr("truncated or damaged"));
}

TEST(Nifti, HostileHeadersAreRefused) {
  const test::Folder folder;
  const auto refused = [&folder](const NiftiHeader& header) {
    write_nifti(folder / "a.nii", header, counted(24));
    return message_of<DataError>([&] { read_scan(folder / "a.nii"); });
  };
  NiftiHeader header;
  header.dim = {3, -2, 3, 4};
  EXPECT_THAT(refused(header), HasSubstr("a.nii"));
  header.dim = {3, 0, 3, 4};
  EXPECT_THAT(refused(header), HasSubstr("a.nii"));
  header.dim = {2, 4, 6};
  EXPECT_THAT(refused(header), HasSubstr("expected a 3D volume"));
  header.dim = {5, 2, 2, 2, 1, 3};
  EXPECT_THAT(refused(header), HasSubstr("3 values per voxel"));
  header = {};
  header.dim = {3, 2, 2, 2};
  header.datatype = 128;  // RGB
  header.bits = 24;
  EXPECT_THAT(refused(header), HasSubstr("color"));
  header.datatype = 32;  // complex
  header.bits = 64;
  EXPECT_THAT(refused(header), HasSubstr("voxel type"));
  header = {};
  header.srow = {1, 0, 0, 0, 0.9f, 0.5f, 0, 0, 0, 0, 1, 0};
  EXPECT_THAT(refused(header), HasSubstr("perpendicular"));
}

/// What is wrong with one field changed, in a file that is otherwise sound.
class OneField {
 public:
  OneField() {
    const std::vector<int16_t> voxels = counted(24);
    sound_ = NiftiHeader{}.bytes();
    sound_.append(reinterpret_cast<const char*>(voxels.data()), 48);
    read(sound_);
  }
  template <class T>
  std::string refused(size_t at, T value) const {
    std::string bytes = sound_;
    test::put(bytes, at, value);
    return message_of<DataError>([&] { read(bytes); });
  }
  void read(const std::string& bytes) const {
    test::spill(folder_ / "a.nii", bytes);
    read_scan(folder_ / "a.nii");
  }
  std::string sound_;

 private:
  test::Folder folder_;
};

// Byte places as in the standard. Each of these was read as if nothing were wrong.
TEST(Nifti, AHeaderIsCheckedFieldByField) {
  const OneField file;
  const float nan = std::nanf("");
  EXPECT_THAT(file.refused<uint32_t>(344, 0), HasSubstr("no NIfTI magic"));
  EXPECT_THAT(file.refused<float>(108, 0), HasSubstr("begin at byte 0, expected at least 352"));
  EXPECT_THAT(file.refused<float>(108, 348), HasSubstr("expected at least 352"));
  EXPECT_THAT(file.refused<float>(108, nan), HasSubstr("voxels begin at byte"));
  EXPECT_THAT(file.refused<float>(108, 352.5f), HasSubstr("voxels begin at byte"));
  EXPECT_NE(file.refused<float>(108, 368), "") << "voxels would lead out of the file";
  EXPECT_NE(file.refused<float>(108, 1e9f), "");
  EXPECT_THAT(file.refused<int16_t>(72, 8), HasSubstr("8 bits per voxel"));
  for (const size_t axis : {0, 1, 2})
    for (const float bad : {nan, 0.0f, -1.5f, std::numeric_limits<float>::infinity()})
      EXPECT_THAT(file.refused<float>(80 + 4 * axis, bad), HasSubstr("voxel spacing"));
  EXPECT_THAT(file.refused<float>(76, nan), HasSubstr("qfac"));
  EXPECT_THAT(file.refused<float>(292, nan), HasSubstr("position"));
  EXPECT_THAT(file.refused<float>(280, 0), HasSubstr("do not span space"));
  EXPECT_THAT(file.refused<float>(112, std::numeric_limits<float>::infinity()),
              HasSubstr("slope inf"));
  EXPECT_THAT(file.refused<int16_t>(40, 9), HasSubstr("9 dimensions"));
  EXPECT_THAT(file.refused<int16_t>(42, 1), HasSubstr("goes on behind"))
      << "half of the voxels would be left out";
  EXPECT_THAT(file.refused<uint32_t>(344, 0x0031696e), HasSubstr("comes apart"))
      << "a single file that says it is half of a pair";
  std::string scaled = file.sound_;
  test::put<float>(scaled, 112, 2.0f);
  test::put<float>(scaled, 116, nan);
  EXPECT_THAT(message_of<DataError>([&] { file.read(scaled); }), HasSubstr("intercept"));
  std::string quatern = file.sound_;
  test::put<int16_t>(quatern, 252, 1);
  test::put<float>(quatern, 256, 1.5f);
  EXPECT_THAT(message_of<DataError>([&] { file.read(quatern); }), HasSubstr("quaternion"));
}

TEST(Nifti, UnitsOfLengthAreConverted) {
  const test::Folder folder;
  std::string bytes = NiftiHeader{}.bytes();
  bytes.append(48, '\1');
  const auto grid = [&](uint8_t units) {
    test::put(bytes, 123, units);
    test::put<float>(bytes, 280 + 12, 250.0f);  // x of the origin in RAS
    test::spill(folder / "a.nii", bytes);
    return read_scan(folder / "a.nii");
  };
  EXPECT_THAT(grid(2).image.grid.spacing_mm, ElementsAre(1, 1, 1));
  for (const double s : grid(3 | 8).image.grid.spacing_mm)
    EXPECT_DOUBLE_EQ(s, 1e-3) << "micrometers, seconds";
  EXPECT_DOUBLE_EQ(grid(3).image.grid.origin_mm[0], -0.25);
  EXPECT_THAT(grid(1).image.grid.spacing_mm, ElementsAre(1000, 1000, 1000)) << "meters";
  EXPECT_TRUE(grid(1).unit_known);
  EXPECT_FALSE(grid(0).unit_known);
  EXPECT_THAT(grid(0).image.grid.spacing_mm, ElementsAre(1, 1, 1));
}

TEST(Nifti, Version2Reads) {
  const test::Folder folder;
  std::string bytes(544, '\0');
  test::put<int32_t>(bytes, 0, 540);
  std::memcpy(bytes.data() + 4, "n+2\0\r\n\x1a\n", 8);
  test::put<int16_t>(bytes, 12, 4);  // int16
  test::put<int16_t>(bytes, 14, 16);
  for (const auto& [i, n] : std::vector<std::pair<size_t, int64_t>>{{0, 3}, {1, 2}, {2, 3}, {3, 4}})
    test::put<int64_t>(bytes, 16 + 8 * i, n);
  for (size_t i = 0; i < 4; ++i) test::put<double>(bytes, 104 + 8 * i, i == 0 ? 1.0 : 0.5);
  test::put<int64_t>(bytes, 168, 544);
  test::put<double>(bytes, 176, 2.0);
  test::put<int32_t>(bytes, 348, 1);  // sform
  test::put<double>(bytes, 400, 0.5), test::put<double>(bytes, 400 + 8 * 5, 0.5);
  test::put<double>(bytes, 400 + 8 * 10, 0.5), test::put<double>(bytes, 400 + 8 * 3, -7.25);
  test::put<int32_t>(bytes, 500, 2);
  const std::vector<int16_t> voxels = counted(24, 1);
  bytes.append(reinterpret_cast<const char*>(voxels.data()), 48);
  test::spill(folder / "a.nii", bytes);
  const Scan scan = read_scan(folder / "a.nii");
  EXPECT_THAT(scan.image.grid.size, ElementsAre(2, 3, 4));
  EXPECT_THAT(scan.image.grid.spacing_mm, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(scan.image.grid.origin_mm[0], 7.25);
  EXPECT_EQ(scan.image.voxels[23], 48);
  test::put<int64_t>(bytes, 16 + 8, int64_t{1} << 50);
  test::spill(folder / "a.nii", bytes);
  EXPECT_NE(message_of<DataError>([&] { read_scan(folder / "a.nii"); }), "");
}

TEST(Nifti, WhetherAFileIsCompressedIsSeenNotBelieved) {
  const test::Folder folder;
  const Grid grid = oblique_grid();
  write_scan(folder / "a.nii", grid, ramp(grid).data());
  write_scan(folder / "b.nii.gz", grid, ramp(grid).data());
  std::filesystem::rename(folder / "a.nii", folder / "plain.nii.gz");
  std::filesystem::rename(folder / "b.nii.gz", folder / "packed.nii");
  EXPECT_EQ(read_scan(folder / "plain.nii.gz").image.voxels, ramp(grid));
  EXPECT_EQ(read_scan(folder / "packed.nii").image.voxels, ramp(grid));
}

TEST(Nifti, TheChecksumOfACompressedFileCounts) {
  const test::Folder folder;
  const Grid grid = oblique_grid();
  write_scan(folder / "a.nii.gz", grid, ramp(grid).data());
  const std::string sound = test::slurp(folder / "a.nii.gz");
  for (const size_t behind : {1, 5, 8}) {  // length and CRC-32 are the last eight bytes
    std::string bytes = sound;
    bytes[bytes.size() - behind] = static_cast<char>(bytes[bytes.size() - behind] ^ 0x55);
    test::spill(folder / "a.nii.gz", bytes);
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.nii.gz"); }),
                HasSubstr("truncated or damaged"));
    test::spill(folder / "a.nii.gz", sound.substr(0, sound.size() - behind));
    EXPECT_NE(message_of<DataError>([&] { read_scan(folder / "a.nii.gz"); }), "");
  }
}

TEST(Nifti, NothingStandsBehindTheEndOfACompressedFile) {
  const test::Folder folder;
  const Grid grid = oblique_grid();
  write_scan(folder / "a.nii.gz", grid, ramp(grid).data());
  const std::string sound = test::slurp(folder / "a.nii.gz");
  // Bytes of another file, of a disk's block, and a member that was cut off.
  for (const std::string& more : {std::string("x"), std::string(512, '\0'), sound.substr(0, 1)}) {
    test::spill(folder / "a.nii.gz", sound + more);
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.nii.gz"); }),
                HasSubstr("goes on behind the end of its compressed data"));
  }
}

TEST(Nifti, MembersOfAParallelCompressorAreOneFile) {
  const test::Folder folder;
  NiftiHeader header;
  write_nifti(folder / "a.nii", header, counted(24));
  const std::string plain = test::slurp(folder / "a.nii");
  std::string packed;
  for (size_t at = 0; at < plain.size(); at += 100) {
    const auto file = gzopen((folder / "part.gz").c_str(), "wb");
    const std::string part = plain.substr(at, 100);
    gzwrite(file, part.data(), static_cast<unsigned>(part.size()));
    gzclose(file);
    packed += test::slurp(folder / "part.gz");
  }
  test::spill(folder / "a.nii.gz", packed);
  EXPECT_EQ(read_scan(folder / "a.nii.gz").image.voxels.back(), 23);
}

TEST(Nifti, TransformsThatContradictEachOtherAreNamedWithTheirDistance) {
  const test::Folder folder;
  NiftiHeader header;  // 2x3x4 voxels of 1 mm
  header.qform_code = 1;
  header.srow = {1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30};
  header.quatern = {0, 0, 0, 10, 20, 30};
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_EQ(read_scan(folder / "a.nii").contradiction, "");
  header.quatern[5] = 30.05f;
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_EQ(read_scan(folder / "a.nii").contradiction, "") << "less than a tenth of a voxel";
  header.quatern[5] = 32.5f;
  write_nifti(folder / "a.nii", header, counted(24));
  const Scan moved = read_scan(folder / "a.nii");
  EXPECT_THAT(moved.contradiction, AllOf(HasSubstr("2.5 mm apart"), HasSubstr("2.5 voxels"),
                                         HasSubstr("the sform is used")));
  EXPECT_EQ(moved.image.grid.origin_mm[2], 30);
  header.quatern[5] = 30;
  header.pixdim = {1, 1, 1, 1.5f};  // the same corner, but three steps further on half a voxel each
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_THAT(read_scan(folder / "a.nii").contradiction, HasSubstr("1.5 mm apart"));
}

TEST(Nifti, AHeaderWithoutATransformSaysSo) {
  const test::Folder folder;
  NiftiHeader header;
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_TRUE(read_scan(folder / "a.nii").placed);
  header.sform_code = 0;
  write_nifti(folder / "a.nii", header, counted(24));
  EXPECT_FALSE(read_scan(folder / "a.nii").placed);
}

TEST(Nifti, NanAndInfinityAreCounted) {
  const test::Folder folder;
  NiftiHeader header;
  header.dim = {3, 2, 2, 1};
  header.datatype = 16;
  header.bits = 32;
  write_nifti(folder / "a.nii", header,
              std::vector<float>{1, std::nanf(""), std::numeric_limits<float>::infinity(), 2});
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "a.nii"); }),
              AllOf(HasSubstr("a.nii"), HasSubstr("2 of 4 voxels are NaN or infinite")));
  EXPECT_NO_THROW(read_grid(folder / "a.nii"));
}

TEST(Nifti, ReadingFromSeveralThreadsGivesTheSame) {
  const test::Folder folder;
  const Grid grid = oblique_grid();
  const std::vector<float> voxels = ramp(grid);
  for (const std::string name : {"a.nii.gz", "a.nrrd", "a.mha"})
    write_scan(folder / name, grid, voxels.data());
  std::array<int, 6> right{};
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < right.size(); ++t)
      threads.emplace_back([&, t] {
        for (int round = 0; round < 10; ++round)
          for (const std::string name : {"a.nii.gz", "a.nrrd", "a.mha"})
            right[t] += read_scan(folder / name).image.voxels == voxels;
      });
  }
  EXPECT_THAT(right, testing::Each(30));
}

}  // namespace
}  // namespace kdseg::image

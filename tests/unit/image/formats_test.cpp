#include <gmock/gmock.h>
#include <zlib.h>

#include <cmath>

#include "base/errors.h"
#include "image/scan.h"
#include "unit/image/scan_files.h"

namespace kdseg::image {
namespace {

using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

Grid tilted_grid() {
  const double c = std::cos(0.2), s = std::sin(0.2);
  Grid grid;
  grid.size = {6, 5, 4};
  grid.spacing_mm = {0.8, 1.1, 3};
  grid.origin_mm = {-12.5, 7, 99.75};
  grid.direction = {1, 0, 0, 0, c, -s, 0, s, c};
  return grid;
}

std::vector<float> waves(size_t n) {
  std::vector<float> v(n);
  for (size_t i = 0; i < n; ++i)
    v[i] = static_cast<float>(1000 * std::sin(0.7 * static_cast<double>(i * i % 1009)));
  return v;
}

TEST(Formats, NrrdAndMetaKeepVoxelsAndGrid) {
  const test::Folder folder;
  const Grid grid = tilted_grid();
  const std::vector<float> voxels = waves(120);
  for (const std::string name : {"a.nrrd", "a.mha"}) {
    write_scan(folder / name, grid, voxels.data());
    const Scan scan = read_scan(folder / name);
    EXPECT_TRUE(same_grid(scan.image.grid, grid, 1e-6)) << name;
    EXPECT_TRUE(same_grid(read_grid(folder / name), grid, 1e-6)) << name;
    EXPECT_EQ(scan.image.voxels, voxels) << name;
    EXPECT_EQ(scan.component, "float32") << name;
  }
}

// Their libraries take what is there for the whole, and never reach the checksum.
TEST(Formats, CompressedNrrdAndMetaAreReadToTheirChecksum) {
  const test::Folder folder;
  for (const std::string name : {"a.nrrd", "a.mha"}) {
    write_scan(folder / name, tilted_grid(), waves(120).data());
    const std::string whole = test::slurp(folder / name);
    const auto refused = [&](const std::string& bytes) {
      test::spill(folder / name, bytes);
      return message_of<DataError>([&] { read_scan(folder / name); });
    };
    std::string flipped = whole;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    EXPECT_THAT(refused(flipped), AllOf(HasSubstr(name), HasSubstr("damaged"))) << name;
    EXPECT_THAT(refused(whole.substr(0, whole.size() - 2)), HasSubstr(name)) << name;
    std::string fewer = whole;
    const size_t size = fewer.find("6 5 4");
    fewer.replace(size, 5, "6 9 4");
    EXPECT_THAT(refused(fewer), AllOf(HasSubstr("480 of the 864 bytes"))) << name;
  }
}

TEST(Formats, ANrrdInTheRasWorldIsTurnedToLps) {
  const test::Folder folder;
  std::string bytes =
      "NRRD0004\ntype: uint8\ndimension: 3\nspace: right-anterior-superior\nsizes: 2 1 1\n"
      "space directions: (2,0,0) (0,3,0) (0,0,4)\nkinds: domain domain domain\n"
      "encoding: raw\nspace origin: (10,20,30)\n\n";
  test::spill(folder / "a.nrrd", bytes + std::string{7, 9});
  const Scan scan = read_scan(folder / "a.nrrd");
  EXPECT_THAT(scan.image.voxels, ElementsAre(7, 9));
  EXPECT_THAT(scan.image.grid.spacing_mm, ElementsAre(2, 3, 4));
  EXPECT_THAT(scan.image.grid.origin_mm, ElementsAre(-10, -20, 30));
  EXPECT_THAT(scan.image.grid.direction, ElementsAre(-1, 0, 0, 0, -1, 0, 0, 0, 1));
  for (const double v : scan.image.grid.direction)
    EXPECT_TRUE(v != 0 || !std::signbit(v)) << "-0 gives a scan another checksum";
}

TEST(Formats, TruncatedNrrdAndMetaAreRefused) {
  const test::Folder folder;
  Grid grid = tilted_grid();
  grid.size = {30, 30, 30};
  const std::vector<float> voxels = waves(27000);
  for (const std::string name : {"a.nrrd", "a.mha"})
    for (const double part : {0.95, 0.5, 0.01}) {
      write_scan(folder / name, grid, voxels.data());
      test::truncate(folder / name, part);
      testing::internal::CaptureStderr();
      EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }), HasSubstr(name))
          << name << " " << part;
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << name << " " << part;
    }
}

TEST(Formats, TruncatedUncompressedMetaAndNrrdAreRefused) {
  const test::Folder folder;
  test::spill(folder / "a.mha",
              "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
              "BinaryDataByteOrderMSB = False\nCompressedData = False\n"
              "DimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" +
                  std::string(1500, 'x'));
  test::spill(folder / "a.nrrd",
              "NRRD0004\ntype: int16\ndimension: 3\nsizes: 10 10 10\nendian: little\n"
              "encoding: raw\n\n" +
                  std::string(1500, 'x'));
  for (const std::string name : {"a.mha", "a.nrrd"}) {
    testing::internal::CaptureStderr();
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }), HasSubstr(name));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << name;
  }
}

TEST(Formats, PromisesThatNoFileCanHoldAreRefused) {
  const test::Folder folder;
  test::spill(folder / "a.mha",
              "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = False\n"
              "DimSize = 100000 100000 100000\nElementType = MET_FLOAT\n"
              "ElementDataFile = LOCAL\nxx");
  test::spill(folder / "a.nrrd",
              "NRRD0004\ntype: float\ndimension: 3\nsizes: 100000 100000 100000\n"
              "endian: little\nencoding: gzip\n\nxx");
  for (const std::string name : {"a.mha", "a.nrrd"})
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }), HasSubstr(name));
}

TEST(Formats, NothingStandsBehindCompressedVoxels) {
  const test::Folder folder;
  const std::string voxels(24, '\7');
  const auto gz = gzopen((folder / "voxels.gz").c_str(), "wb");
  gzwrite(gz, voxels.data(), static_cast<unsigned>(voxels.size()));
  gzclose(gz);
  const std::string nrrd = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 3 2\nencoding: gzip\n\n" +
                           test::slurp(folder / "voxels.gz");
  std::string packed(100, '\0');
  uLongf bytes = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &bytes,
           reinterpret_cast<const Bytef*>(voxels.data()), voxels.size());
  packed.resize(bytes);
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nCompressedData = True\n"
      "CompressedDataSize = " +
      std::to_string(packed.size()) +
      "\nDimSize = 4 3 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n" + packed;
  const std::vector<std::pair<std::string, std::string>> sound{{"a.nrrd", nrrd}, {"a.mha", meta}};
  for (const auto& entry : sound) {
    const auto &name = entry.first, &content = entry.second;
    test::spill(folder / name, content);
    EXPECT_EQ(read_scan(folder / name).image.voxels.back(), 7) << name;
    test::spill(folder / name, content + "more");
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }),
                AllOf(HasSubstr(name), HasSubstr("goes on behind")));
  }
}

// Micrometers under a header that says millimeters, as some writers leave it, or nothing.
TEST(Formats, AGridOfManyMetersIsRefused) {
  const test::Folder folder;
  Grid grid = tilted_grid();
  for (const std::string name : {"a.nii", "a.nrrd", "a.mha"}) {
    grid.spacing_mm = {0.8, 1.1, 3000};
    write_scan(folder / name, grid, waves(120).data());
    EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / name); }),
                AllOf(HasSubstr(name), HasSubstr("4 voxels of 3000 mm along axis 2, 12 m in all")));
    grid.spacing_mm[2] = 2000;
    write_scan(folder / name, grid, waves(120).data());
    EXPECT_EQ(read_scan(folder / name).image.grid.size[2], 4) << name;
  }
}

TEST(Formats, SeveralComponentsAndDimensionsAreRefused) {
  const test::Folder folder;
  test::spill(folder / "v.nrrd",
              "NRRD0004\ntype: uint8\ndimension: 4\nspace: left-posterior-superior\n"
              "sizes: 3 2 2 2\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\n"
              "kinds: vector domain domain domain\nencoding: raw\nspace origin: (0,0,0)\n\n" +
                  std::string(24, 'a'));
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "v.nrrd"); }), HasSubstr("v.nrrd"));
  test::spill(
      folder / "p.nrrd",
      "NRRD0004\ntype: uint8\ndimension: 2\nsizes: 4 4\nencoding: raw\n\n" + std::string(16, 'a'));
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "p.nrrd"); }),
              AllOf(HasSubstr("p.nrrd"), HasSubstr("expected a 3D volume")));
}

TEST(Formats, MissingEmptyAndForeignFilesAreNamed) {
  const test::Folder folder;
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "none.nii.gz"); }),
              AllOf(HasSubstr("none.nii.gz"), HasSubstr("no such file")));
  test::spill(folder / "empty.nii.gz", "");
  EXPECT_THAT(message_of<DataError>([&] { read_scan(folder / "empty.nii.gz"); }),
              HasSubstr("empty"));
  for (const std::string name :
       {"a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.mhd", "a.dcm", "a.txt"}) {
    test::spill(folder / name,
                "this is not an image, and long enough to be looked at\n" + std::string(2000, '#'));
    testing::internal::CaptureStderr();
    const std::string message = message_of<DataError>([&] { read_scan(folder / name); });
    EXPECT_THAT(message, HasSubstr(name));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << name;
  }
}

TEST(Formats, FailedWritesLeaveNothing) {
  const test::Folder folder;
  const Grid grid = tilted_grid();
  const std::vector<float> voxels = waves(120);
  EXPECT_THROW(write_scan(folder / "a.txt", grid, voxels.data()), UsageError);
  EXPECT_THAT(
      message_of<RunError>([&] { write_scan(folder / "none/a.nii.gz", grid, voxels.data()); }),
      AllOf(HasSubstr("none/a.nii.gz"), HasSubstr("No such file")));
  EXPECT_THROW(write_scan(folder / "a.nii", grid, voxels.data(), {"int17", ""}), UsageError);
  EXPECT_EQ(folder.entries(), 0u);
  // A device that is always full stands for a full disk.
  std::filesystem::create_symlink("/dev/full", folder / "full.nii");
  write_scan(folder / "full.nii", grid, voxels.data());
  EXPECT_EQ(read_scan(folder / "full.nii").image.voxels, voxels) << "replaced, not written through";
}

TEST(Formats, PngHoldsItsPixels) {
  const test::Folder folder;
  write_png(folder / "a.png", 3, 2, std::vector<uint8_t>(18, 200));
  const std::string bytes = test::slurp(folder / "a.png");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
  EXPECT_EQ(bytes.substr(16, 8), std::string("\0\0\0\3\0\0\0\2", 8));  // width, height
  EXPECT_EQ(bytes[24], 8);                                             // bits
  EXPECT_EQ(bytes[25], 2);                                             // RGB
  EXPECT_THROW(write_png(folder / "b.png", 3, 2, std::vector<uint8_t>(17)), UsageError);
}

// What a label is may not hang on the way it was read.
TEST(Formats, CodesAreThoseOfTheScan) {
  const test::Folder folder;
  Grid grid = tilted_grid();
  grid.size = {5, 3, 2};
  const auto codes_of = [&](const std::string& name, const std::vector<int>& written) {
    write_codes(folder / name, grid, written);
    return read_codes(folder / name);
  };
  std::vector<int> written(30);
  written[7] = 4;
  written[29] = 255;
  for (const std::string name : {"a.nii.gz", "b.nii"}) {
    const auto read = codes_of(name, written);
    ASSERT_TRUE(std::holds_alternative<CodeScan>(read)) << name;
    const auto& scan = std::get<CodeScan>(read);
    EXPECT_TRUE(std::equal(written.begin(), written.end(), scan.codes.begin()));
    EXPECT_TRUE(same_grid(scan.grid, read_grid(folder / name), 1e-9));
    EXPECT_EQ(scan.unit_known, read_scan(folder / name).unit_known);
  }
  for (const std::string name : {"a.nrrd", "b.mha"}) {
    const auto read = codes_of(name, written);
    ASSERT_TRUE(std::holds_alternative<Scan>(read)) << name;
    EXPECT_THAT(std::get<Scan>(read).image.voxels, ElementsAreArray(written)) << name;
  }
  // As int16, where all fit.
  std::vector<float> floats(written.begin(), written.end());
  write_scan(folder / "c.nii", grid, floats.data(), {"int16", ""});
  const auto narrowed = read_codes(folder / "c.nii");
  ASSERT_TRUE(std::holds_alternative<CodeScan>(narrowed));
  EXPECT_EQ(std::get<CodeScan>(narrowed).codes[29], 255);

  const auto as_scan = [&](const std::string& name) {
    const auto read = read_codes(folder / name);
    EXPECT_TRUE(std::holds_alternative<Scan>(read)) << name;
    return std::get<Scan>(read).image.voxels;
  };
  written[0] = 256;
  codes_of("large.nii", written);
  EXPECT_EQ(as_scan("large.nii")[0], 256);
  written[0] = -1;
  codes_of("negative.nii", written);
  EXPECT_EQ(as_scan("negative.nii")[0], -1);
  write_scan(folder / "float.nii", grid, floats.data());
  EXPECT_EQ(as_scan("float.nii"), floats);
  // A slope of 2 in the header: the stored numbers are not the codes.
  std::string bytes = test::slurp(folder / "b.nii");
  test::put<float>(bytes, 112, 2.0f);
  test::spill(folder / "scaled.nii", bytes);
  EXPECT_EQ(as_scan("scaled.nii")[7], 8);
}

}  // namespace
}  // namespace kdseg::image

// Headers that people's programs write pass; the corpus of tests/fuzz holds what does not.
#include "image/text_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg::image {
namespace {

using test::Folder, test::message_of;
using testing::HasSubstr;

const std::string voxels(48, '\1');

TEST(TextHeader, WhatSimpleItkAndSlicerWritePasses) {
  const Folder folder;
  // SimpleITK 2.3, WriteImage of a short image with an entry of its dictionary.
  check_meta_header(folder.write("a.mha", R"(ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = False
TransformMatrix = -1 0 1.2246467991473532e-16 0 -1 0 0 0 1
Offset = 118.5 -0.25 1e2
CenterOfRotation = 0 0 0
AnatomicalOrientation = LPS
ElementSpacing = 1 1 2.5
ITK_InputFilterName = MetaImageIO
DimSize = 4 3 2
ElementType = MET_SHORT
ElementDataFile = LOCAL
)" + voxels));
  // 3D Slicer, a segmentation.
  check_nrrd_header(folder.write("a.nrrd", R"(NRRD0004
# Complete NRRD file format specification at:
# http://teem.sourceforge.net/nrrd/format.html
type: short
dimension: 3
space: left-posterior-superior
sizes: 4 3 2
space directions: (1,0,0) (0,1,0) (0,0,2.5)
kinds: domain domain domain
endian: little
encoding: raw
space origin: (-118.5,0.25,1e2)
measurement frame: (1,0,0) (0,1,0) (0,0,1)
Segment0_Tags:=)" + std::string(900, 'x') + "\n\n" +
                                               voxels));
}

TEST(TextHeader, CarriageReturnsAndDetachedFilesPass) {
  const Folder folder;
  folder.write("a.raw", voxels);
  check_nrrd_header(folder.write("a.nhdr",
                                 "NRRD0001\r\ntype: short\r\ndimension: 3\r\nsizes: 4 3 2\r\n"
                                 "encoding: raw\r\nendian: little\r\ndata file: a.raw\r\n"));
  check_meta_header(folder.write(
      "a.mhd",
      "NDims = 3\r\nDimSize = 4 3 2\r\nElementType = MET_SHORT\r\nElementDataFile = a.raw\r\n"));
}

TEST(TextHeader, MessagesNameLineFieldAndWhatIsExpected) {
  const Folder folder;
  const auto file = folder.write("a.mha",
                                 "NDims = 3\nDimSize = 4 3 0\nElementType = MET_SHORT\n"
                                 "ElementDataFile = LOCAL\n" +
                                     voxels);
  EXPECT_THAT(message_of<DataError>([&] { check_meta_header(file); }),
              HasSubstr("a.mha:2: dimsize is '4 3 0'; expected 3 whole numbers"));
}

}  // namespace
}  // namespace kdseg::image

// Files that are cut off, overwritten or made to harm: readers answer with DataError, whatever
// comes.
#include <gmock/gmock.h>

#include "base/errors.h"
#include "base/random.h"
#include "io/checkpoint_file.h"
#include "io/volume_file.h"
#include "unit/folder.h"
#include "unit/io/examples.h"

namespace {
using namespace kdseg;
using test::Folder;

void expect_no_harm(const std::string& path) {
  try {
    io::read_volume(path);
  } catch (const DataError&) {
  }
}

TEST(Hostile, TruncationIsSeenWhereverItIs) {
  const Folder folder;
  io::write_volume(folder / "v.h5", test::small_volume(), {});
  io::write_checkpoint(folder / "c.h5", test::small_checkpoint(), {});
  for (const std::string name : {"v.h5", "c.h5"}) {
    const auto content = test::slurp(folder / name);
    for (size_t part = 0; part < 16; ++part) {
      test::spill(folder / "cut.h5", content.substr(0, content.size() * part / 16));
      EXPECT_THROW(io::read_tree(folder / "cut.h5", name == "v.h5" ? "volume" : "checkpoint"),
                   DataError)
          << name << " " << part << "/16";
    }
    test::spill(folder / "cut.h5", content.substr(0, content.size() - 1));
    EXPECT_EQ(io::schema_of(folder / "cut.h5"), "");
  }
}

TEST(Hostile, NoiseIsNoFile) {
  const Folder folder;
  Random random(1, 0, "noise");
  for (int i = 0; i < 20; ++i) {
    std::string content(1 << (i % 14), ' ');
    for (auto& c : content) c = static_cast<char>(random.bits());
    test::spill(folder / "a.h5", content);
    EXPECT_THROW(io::read_volume(folder / "a.h5"), DataError);
  }
}

TEST(Hostile, OverwrittenBytesNeverCrash) {
  const Folder folder;
  io::write_volume(folder / "v.h5", test::small_volume(), {});
  const auto content = test::slurp(folder / "v.h5");
  Random random(2, 0, "flips");
  const int rounds = 300;
  for (int i = 0; i < rounds; ++i) {
    auto damaged = content;
    const auto flips = 1 + random.below(4);
    for (uint64_t k = 0; k < flips; ++k)
      damaged[random.below(damaged.size())] = static_cast<char>(random.bits());
    test::spill(folder / "a.h5", damaged);
    expect_no_harm(folder / "a.h5");
  }
}

// Everything up to the first voxel is under the seal: damage there is always found.
TEST(Hostile, DamagedMetadataAreFound) {
  const Folder folder;
  io::write_checkpoint(folder / "c.h5", test::small_checkpoint(), {});
  const auto content = test::slurp(folder / "c.h5");
  for (size_t at = 8; at < 4000; at += 37) {
    auto damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    test::spill(folder / "a.h5", damaged);
    EXPECT_THROW(io::read_checkpoint(folder / "a.h5"), DataError) << at;
  }
}

TEST(Hostile, HugeGridsAreCheckedAgainstTheData) {
  const Folder folder;
  auto volume = test::small_volume();
  io::write_volume(folder / "v.h5", volume, {});
  auto tree = io::read_tree(folder / "v.h5", "volume");
  tree.attributes["/"]["size"] = std::vector<int64_t>{int64_t{1} << 30, int64_t{1} << 30, 1};
  io::write_tree(folder / "a.h5", tree, "volume", {});
  EXPECT_THROW(io::read_volume(folder / "a.h5"), DataError);
  EXPECT_THROW(io::read_volume_header(folder / "a.h5"), DataError);
}

}  // namespace

// Files without our seal are read in a child process: the same content comes back, whatever is in
// it.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/errors.h"
#include "io/seal.h"
#include "io/tree.h"
#include "io/verify.h"
#include "unit/folder.h"

namespace kdseg::io {
namespace {

using test::Folder, test::slurp, test::spill;

Tree everything() {
  Tree tree;
  const std::vector<float> numbers{1, -2.5f, 3e30f, 0};
  const std::vector<int64_t> whole{1, -2, int64_t{1} << 60};
  tree.arrays["/image"] = make_array<float>({2, 2}, numbers);
  tree.arrays["/group/whole"] = make_array<int64_t>({3}, whole);
  tree.arrays["/none"] = make_array<float>({0, 5}, std::vector<float>{});
  auto& root = tree.attributes["/"];
  root["text"] = std::string("T1 \xc3\xa4\n");
  root["texts"] = std::vector<std::string>{"a", "", "c"};
  root["number"] = 0.1;
  root["numbers"] = std::vector<double>{1.5, -2};
  root["integer"] = int64_t{-7};
  root["integers"] = std::vector<int64_t>{};
  tree.attributes["/group/whole"]["unit"] = std::string("mm");
  return tree;
}

void unseal(const std::string& path) {
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - seal_bytes);
}

TEST(ConfinedRead, AFileWithoutASealHasTheSameContent) {
  const Folder folder;
  const auto path = folder / "a.h5";
  const auto id = write_tree(path, everything(), "volume", {});
  const Tree sealed = read_tree(path, "volume");
  unseal(path);
  ASSERT_FALSE(check_seal(path));
  const Tree tree = read_tree(path, "volume");
  EXPECT_EQ(content_sha256(tree), content_sha256(sealed));
  EXPECT_EQ(content_sha256(tree), id);
  EXPECT_EQ(tree.file_, path);
  EXPECT_EQ(stored_content_sha256(path), id);
  EXPECT_EQ(schema_of(path), "volume");
  EXPECT_FALSE(read_provenance(path).empty());
  EXPECT_EQ(read_tree_header(path, "volume").array("/image").shape, (std::vector<int64_t>{2, 2}));
  EXPECT_THROW(read_tree(path, "prediction"), DataError);
}

TEST(ConfinedRead, AnyByteOfAFileWithoutASealMayBeWrong) {
  const Folder folder;
  const auto path = folder / "a.h5";
  write_tree(path, everything(), "volume", {});
  unseal(path);
  const std::string good = slurp(path);
  int refused = 0;
  for (size_t at = 0; at < good.size(); at += 53) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xff);
    spill(path, bad);
    try {
      read_tree(path, "volume");
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(Verify, ChangedVoxelsAreFound) {
  const Folder folder;
  const auto path = folder / "a.h5";
  const auto id = write_tree(path, everything(), "volume", {});
  EXPECT_EQ(verified_content_sha256(path), id);
  EXPECT_TRUE(verify_content(path));
  std::string bytes = slurp(path);
  bytes[bytes.size() - seal_bytes - 3] ^= 1;  // the last elements stand before the seal
  spill(path, bytes);
  EXPECT_NO_THROW(read_tree(path, "volume"));
  EXPECT_THROW(read_tree_verified(path, "volume"), DataError);
  EXPECT_THROW(verified_content_sha256(path), DataError);
  EXPECT_THROW(verify_content(path), DataError);
}

}  // namespace
}  // namespace kdseg::io

#include "io/checkpoint_file.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "unit/folder.h"
#include "unit/io/examples.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::HasSubstr;

void expect_equal(const io::NetworkRecord& a, const io::NetworkRecord& b) {
  EXPECT_EQ(a.network.name, b.network.name);
  ASSERT_EQ(a.network.settings.size(), b.network.settings.size());
  for (size_t i = 0; i < a.network.settings.size(); ++i) {
    EXPECT_EQ(a.network.settings[i].key, b.network.settings[i].key);
    EXPECT_EQ(a.network.settings[i].value, b.network.settings[i].value);
  }
  const auto same = [](const auto& x, const auto& y) {
    ASSERT_EQ(x.size(), y.size());
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(x[i].first, y[i].first);
      EXPECT_EQ(x[i].second.shape, y[i].second.shape);
      EXPECT_EQ(x[i].second.bytes, y[i].second.bytes);
    }
  };
  same(a.parameters, b.parameters);
  same(a.buffers, b.buffers);
}

TEST(CheckpointFile, RoundTrip) {
  const Folder folder;
  const auto c = test::small_checkpoint();
  io::write_checkpoint(folder / "a.h5", c, {});
  const auto read = io::read_checkpoint(folder / "a.h5");
  EXPECT_EQ(read.contract, c.contract);
  EXPECT_EQ(read.metrics, c.metrics);
  EXPECT_EQ(read.trained_on, c.trained_on);
  ASSERT_EQ(read.networks.size(), 1u);
  expect_equal(read.networks.at("network"), c.networks.at("network"));
}

TEST(CheckpointFile, KeepsEveryKindOfHead) {
  const Folder folder;
  for (const Head& head : {Head{Head::Kind::sigmoid, {"WT", "ET"}, {{1, 2, 3}, {3}}, {0, 1, 2, 4}},
                           Head{Head::Kind::image, {"synthetic-flair"}, {{}}, {}}}) {
    auto c = test::small_checkpoint();
    c.contract.head = head;
    io::write_checkpoint(folder / "a.h5", c, {}, {.force = true});
    EXPECT_EQ(io::read_checkpoint(folder / "a.h5").contract.head, head);
  }
}

TEST(CheckpointFile, SoleNetworkLiesAtTheRoot) {
  const Folder folder;
  io::write_checkpoint(folder / "a.h5", test::small_checkpoint(), {});
  const auto tree = io::read_tree(folder / "a.h5", "checkpoint");
  EXPECT_TRUE(tree.has("/parameters/conv.weight"));
  EXPECT_TRUE(tree.has("/buffers/seen"));
  EXPECT_TRUE(tree.array("/buffers/seen").shape.empty());
}

TEST(CheckpointFile, HoldsSeveralNetworks) {
  const Folder folder;
  auto c = test::small_checkpoint();
  c.networks.clear();
  c.networks["generator-at"] = test::small_network();
  c.networks["generator-ta"] = test::small_network();
  c.networks["generator-ta"].buffers.clear();
  io::write_checkpoint(folder / "a.h5", c, {});
  EXPECT_TRUE(io::read_tree(folder / "a.h5", "checkpoint")
                  .has("/networks/generator-at/parameters/conv.weight"));
  const auto read = io::read_checkpoint(folder / "a.h5");
  ASSERT_EQ(read.networks.size(), 2u);
  for (const auto& [role, record] : c.networks) expect_equal(read.networks.at(role), record);
}

template <class Change>
std::string complaint(Change change) {
  const Folder folder;
  io::write_checkpoint(folder / "a.h5", test::small_checkpoint(), {});
  auto tree = io::read_tree(folder / "a.h5", "checkpoint");
  change(tree);
  io::write_tree(folder / "b.h5", tree, "checkpoint", {});
  return test::message_of<DataError>([&] { io::read_checkpoint(folder / "b.h5"); });
}

TEST(CheckpointFile, RefusesBrokenContracts) {
  EXPECT_THAT(complaint([](io::Tree& t) {
                std::erase_if(t.arrays,
                              [](auto& item) { return item.first.starts_with("/parameters"); });
              }),
              HasSubstr("/parameters"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.attributes["/"]["head"] = std::string("{}"); }),
              HasSubstr("head"));
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.attributes["/"]["tiling"] =
                    std::string(R"({"kind":"window","size":[1,1,1],"overlap":1})");
              }),
              HasSubstr("overlap"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.attributes["/"]["channels"] = int64_t{3}; }),
              HasSubstr("channels"));
  EXPECT_THAT(
      complaint([](io::Tree& t) { t.attributes["/"]["channels"] = std::vector<std::string>{}; }),
      HasSubstr("no channels"));
}

}  // namespace

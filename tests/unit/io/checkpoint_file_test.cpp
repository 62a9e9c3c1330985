#include "io/checkpoint_file.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/errors.h"
#include "unit/folder.h"
#include "unit/io/examples.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

/// What reading says of a file that was changed.
template <class Change>
std::string complaint(Change change, const io::Checkpoint& checkpoint = test::small_checkpoint()) {
  const Folder folder;
  io::write_checkpoint(folder / "a.h5", checkpoint, {});
  auto tree = io::read_tree(folder / "a.h5", "checkpoint");
  change(tree);
  io::write_tree(folder / "b.h5", tree, "checkpoint", {});
  return test::message_of<DataError>([&] { io::read_checkpoint(folder / "b.h5"); });
}

// Both files were written before checkpoints had candidates; the ids are those that they got then.
const std::string files = KDSEG_TEST_FILES;
constexpr auto id_of_one = "1e988f9c80360b854c8bacbe2d613dc6f59bb7b0fe3b1a0a58e4e5b1d1586a21";
constexpr auto id_of_two = "e76a8459a71f779962d46b04995ff77b11d12be06a2ab8719a35c8957605aeea";

TEST(CheckpointFile, OldFilesReadAsBefore) {
  const auto c = test::small_checkpoint();
  const auto one = io::read_checkpoint(files + "/one-network.h5");
  EXPECT_EQ(one.contract, c.contract);
  EXPECT_EQ(one.metrics, c.metrics);
  EXPECT_EQ(one.trained_on, c.trained_on);
  ASSERT_EQ(one.networks.size(), 1u);
  expect_equal(one.networks.at("network"), test::small_network());
  EXPECT_EQ(io::candidate_of(one, "", "one.h5"), (io::Candidate{"", {"network"}}));

  const auto two = io::read_checkpoint(files + "/two-networks.h5");
  EXPECT_EQ(two.contract, c.contract);
  ASSERT_EQ(two.networks.size(), 2u);
  expect_equal(two.networks.at("generator-at"), test::small_network());
  EXPECT_FALSE(two.networks.at("generator-ta").contract);
  EXPECT_THAT(two.candidates, IsEmpty());
}

TEST(CheckpointFile, WritesWhatItWroteBefore) {
  const Folder folder;
  const auto c = test::small_checkpoint();
  EXPECT_EQ(io::write_checkpoint(folder / "a.h5", c, {}), id_of_one);
  io::write_checkpoint(folder / "b.h5", io::read_checkpoint(files + "/two-networks.h5"), {});
  EXPECT_EQ(io::stored_content_sha256(folder / "b.h5"), id_of_two);
}

/// MKD's networks (Li et al. 2020): two of one modality each, whose mean is the default.
io::Checkpoint pair_with_mean() {
  auto c = test::small_checkpoint();
  c.networks = {{"real", test::small_network()}, {"syn", test::small_network()}};
  auto& own = c.networks["syn"].contract.emplace(c.contract);
  own.channels = {"ct"};
  own.recipe_id = "fedcba9876543210";
  own.recipe_ini = "crop = none\n";
  own.tiling = {Tiling::Kind::slices, {256, 256, 1}, 0.5};
  own.regions = {};
  c.candidates = {{"ensemble", {"real", "syn"}}, {"real", {"real"}}};
  c.default_candidate = "ensemble";
  return c;
}

TEST(CheckpointFile, NetworksKeepTheirContractsAndCandidatesTheirMembers) {
  const Folder folder;
  const auto c = pair_with_mean();
  io::write_checkpoint(folder / "a.h5", c, {});
  const auto read = io::read_checkpoint(folder / "a.h5");
  EXPECT_EQ(read.contract, c.contract);
  EXPECT_EQ(read.candidates, c.candidates);
  EXPECT_EQ(read.default_candidate, "ensemble");
  ASSERT_EQ(read.networks.size(), 2u);
  EXPECT_FALSE(read.networks.at("real").contract);
  EXPECT_EQ(read.networks.at("syn").contract, c.networks.at("syn").contract);
  EXPECT_EQ(read.contract_of("real"), c.contract);
  EXPECT_EQ(read.contract_of("syn").channels, std::vector<std::string>{"ct"});

  const auto tree = io::read_tree(folder / "a.h5", "checkpoint");
  EXPECT_EQ(tree.texts("/networks/syn", "channels"), std::vector<std::string>{"ct"});
  EXPECT_FALSE(tree.has_attribute("/networks/syn", "head"));  // as the file's
  EXPECT_FALSE(tree.has_attribute("/networks/real", "channels"));
  EXPECT_EQ(tree.text("/", "candidates"),
            R"([{"name":"ensemble","members":["real","syn"]},{"name":"real","members":["real"]}])");
  EXPECT_EQ(tree.text("/", "default-candidate"), "ensemble");
}

TEST(CheckpointFile, NamesStandForCandidatesAndNetworks) {
  auto c = pair_with_mean();
  EXPECT_EQ(io::candidate_of(c, "", "a.h5").members, (std::vector<std::string>{"real", "syn"}));
  EXPECT_EQ(io::candidate_of(c, "ensemble", "a.h5").name, "ensemble");
  EXPECT_EQ(io::candidate_of(c, "syn", "a.h5"), (io::Candidate{"syn", {"syn"}}));
  const auto refusal = [&](const std::string& name) {
    return test::message_of<UsageError>([&] { io::candidate_of(c, name, "a.h5"); });
  };
  EXPECT_EQ(refusal("reel"),
            "a.h5: holds no network 'reel'; did you mean 'real'? it holds ensemble (real + syn, "
            "default), real, syn");
  EXPECT_EQ(refusal("generator"),
            "a.h5: holds no network 'generator'; it holds ensemble (real + syn, default), real, "
            "syn");
  c.default_candidate.clear();
  EXPECT_EQ(refusal(""),
            "a.h5: holds ensemble (real + syn), real, syn and names no default; choose one with "
            "--network");
  c = test::small_checkpoint();
  EXPECT_EQ(refusal("real"), "a.h5: holds one network without a name; leave '--network real' out");
}

TEST(CheckpointFile, RefusesCandidatesAndNamesThatDoNotFit) {
  const Folder folder;
  const auto refusal = [&](auto change) {
    auto c = pair_with_mean();
    change(c);
    return test::message_of<DataError>([&] { io::write_checkpoint(folder / "a.h5", c, {}); });
  };
  const auto renamed = [&](const std::string& name) {
    return refusal([&](auto& c) { c.networks[name] = test::small_network(); });
  };
  for (const std::string name : {"a/b", "a b", "a,b", "a\nb", "..", ""})
    EXPECT_THAT(renamed(name), HasSubstr("a network or candidate is called")) << name;
  EXPECT_THAT(renamed(std::string(65, 'a')), HasSubstr("65 bytes, expected 1 to 64"));
  EXPECT_EQ(renamed(std::string(64, 'a')), "");
  std::filesystem::remove(folder / "a.h5");
  EXPECT_THAT(refusal([](auto& c) { c.candidates[0].members[1] = "sin"; }),
              HasSubstr("the candidate ensemble names a network 'sin'; the file holds real, syn"));
  EXPECT_THAT(refusal([](auto& c) { c.candidates[0].members[1] = "real"; }),
              HasSubstr("names real twice"));
  EXPECT_THAT(refusal([](auto& c) { c.candidates[0].members.clear(); }), HasSubstr("no members"));
  EXPECT_THAT(refusal([](auto& c) { c.candidates[0].name = "syn"; }),
              HasSubstr("the name of a network"));
  EXPECT_THAT(refusal([](auto& c) { c.candidates[1] = c.candidates[0]; }),
              HasSubstr("two candidates are called ensemble"));
  EXPECT_THAT(refusal([](auto& c) { c.default_candidate = "real-and-syn"; }),
              HasSubstr("'real-and-syn' is none of the candidates"));
  EXPECT_THAT(refusal([](auto& c) { c.networks["syn"].contract->head.names[3] = "tumor"; }),
              HasSubstr("different classes"));
  EXPECT_THAT(refusal([](auto& c) { c.networks.clear(); }), HasSubstr("no network"));
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(CheckpointFile, RefusesDamagedCandidates) {
  const auto damaged = [](auto change) { return complaint(change, pair_with_mean()); };
  for (const std::string text :
       {"[", "3", "[3]", R"({"a": 3})", R"([{"name": "a"}])", R"([{"name": 3, "members": []}])"})
    EXPECT_THAT(damaged([&](io::Tree& t) { t.attributes["/"]["candidates"] = text; }),
                HasSubstr("candidates cannot be understood"))
        << text;
  EXPECT_THAT(damaged([](io::Tree& t) {
                t.attributes["/"]["candidates"] =
                    std::string(R"([{"name":"ensemble","members":["real","gone"]}])");
              }),
              HasSubstr("gone"));
  EXPECT_THAT(damaged([](io::Tree& t) { t.attributes["/"].erase("default-candidate"); }),
              HasSubstr("default-candidate"));
  EXPECT_THAT(damaged([](io::Tree& t) {
                t.attributes["/networks/syn"]["channels"] = std::vector<std::string>{};
              }),
              HasSubstr("/networks/syn: no channels"));
  EXPECT_THAT(damaged([](io::Tree& t) { t.attributes["/networks/syn"].erase("network"); }),
              HasSubstr("belongs to no network"));
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
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.attributes["/"]["tiling"] =
                    std::string(R"({"kind":"box","size":[8,8,8],"overlap":0})");
              }),
              HasSubstr("a kind other than whole, window and slices"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.attributes["/"]["channels"] = int64_t{3}; }),
              HasSubstr("channels"));
  EXPECT_THAT(
      complaint([](io::Tree& t) { t.attributes["/"]["channels"] = std::vector<std::string>{}; }),
      HasSubstr("no channels"));
}

}  // namespace

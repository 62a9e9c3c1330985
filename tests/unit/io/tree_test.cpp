#include "io/tree.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using io::Array;
using io::Tree;
using test::Folder;
using ::testing::HasSubstr;

template <class T>
Array array(std::vector<int64_t> shape, std::vector<T> values) {
  return io::make_array<T>(std::move(shape), std::span<const T>(values));
}

Tree example() {
  Tree tree;
  tree.arrays["/image"] = array<float>({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  tree.arrays["/group/double"] = array<double>({2}, {0.1, -0.2});
  tree.arrays["/group/bytes"] = array<uint8_t>({3}, {0, 7, 255});
  tree.arrays["/group/i32"] = array<int32_t>({1}, {-5});
  tree.arrays["/group/i64"] = array<int64_t>({2}, {-(int64_t{1} << 40), 3});
  tree.arrays["/group/u64"] = array<uint64_t>({1}, {~uint64_t{0}});
  tree.arrays["/half"] = io::make_half_array({2}, std::vector<float>{0.5f, 1.0f / 3});
  tree.arrays["/scalar"] = array<int64_t>({}, {42});
  tree.arrays["/empty"] = array<float>({0, 4}, {});
  tree.attributes["/"] = {{"case", std::string("Zürich 7")}, {"step", int64_t{-3}}, {"rate", 2e-4}};
  tree.attributes["/image"] = {{"channels", std::vector<std::string>{"flair", "", "t2"}},
                               {"shift", std::vector<double>{0.1, 1e300}},
                               {"codes", std::vector<int64_t>{0, 1, 4}}};
  tree.attributes["/only/attributes"] = {{"none", std::vector<std::string>{}},
                                         {"long", std::string(100'000, 'x')}};
  return tree;
}

void expect_equal(const Tree& a, const Tree& b) {
  ASSERT_EQ(a.arrays.size(), b.arrays.size());
  for (const auto& [path, expected] : a.arrays) {
    const auto& found = b.array(path);
    EXPECT_EQ(found.type, expected.type) << path;
    EXPECT_EQ(found.shape, expected.shape) << path;
    EXPECT_EQ(found.bytes, expected.bytes) << path;
  }
  EXPECT_EQ(a.attributes, b.attributes);
}

TEST(Tree, RoundTripKeepsEverything) {
  const Folder folder;
  const auto id = io::write_tree(folder / "a.h5", example(), "volume", {});
  expect_equal(example(), io::read_tree(folder / "a.h5", "volume"));
  EXPECT_EQ(io::stored_content_sha256(folder / "a.h5"), id);
  EXPECT_EQ(io::schema_of(folder / "a.h5"), "volume");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Tree, ContentIdIsThatOfTheContentAlone) {
  const Folder folder;
  Provenance other;
  other.command_line = "distill --output b.h5";
  other.seed = 9;
  const auto a = io::write_tree(folder / "a.h5", example(), "volume", {});
  const auto b = io::write_tree(folder / "b.h5", example(), "volume", other);
  const auto again =
      io::write_tree(folder / "c.h5", io::read_tree(folder / "b.h5", "volume"), "volume", {});
  EXPECT_EQ(a, b);
  EXPECT_EQ(a, again);
  EXPECT_EQ(a, io::content_sha256(example()));

  auto changed = example();
  changed.arrays["/image"].bytes[0] ^= std::byte{1};
  EXPECT_NE(io::content_sha256(changed), a);
  changed = example();
  changed.arrays["/image"].shape = {2, 1, 3};
  EXPECT_NE(io::content_sha256(changed), a);
  changed = example();
  changed.attributes["/image"]["codes"] = std::vector<int64_t>{0, 1, 3};
  EXPECT_NE(io::content_sha256(changed), a);
}

TEST(Tree, ReadsOnlyWhatIsAskedFor) {
  const Folder folder;
  io::write_tree(folder / "a.h5", example(), "volume", {});
  const std::vector<std::string> only{"/group/"};
  const auto part = io::read_tree(folder / "a.h5", "volume", only);
  EXPECT_EQ(part.arrays.size(), 5u);
  EXPECT_EQ(part.texts("/image", "channels").size(), 3u);

  const auto header = io::read_tree_header(folder / "a.h5", "volume");
  EXPECT_EQ(header.array("/image").shape, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_TRUE(header.array("/image").bytes.empty());
}

TEST(Tree, ExistingFilesAreReplacedOnlyByForce) {
  const Folder folder;
  io::write_tree(folder / "a.h5", example(), "volume", {});
  EXPECT_THAT(
      test::message_of<UsageError>([&] { io::write_tree(folder / "a.h5", {}, "volume", {}); }),
      HasSubstr("--force"));
  EXPECT_THROW(io::write_tree(folder.path(), {}, "volume", {}, {.force = true}), UsageError);
  io::write_tree(folder / "a.h5", {}, "volume", {}, {.force = true});
  EXPECT_TRUE(io::read_tree(folder / "a.h5", "volume").arrays.empty());
}

// The way of files too large for memory, taken here by a small one.
TEST(Tree, WrittenByHdf5ItselfItIsTheSame) {
  const Folder folder;
  const auto id =
      io::write_tree(folder / "a.h5", example(), "volume", {}, {.memory_image_limit = 0});
  EXPECT_EQ(id, io::content_sha256(example()));
  expect_equal(example(), io::read_tree(folder / "a.h5", "volume"));
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_THROW(io::write_tree("/nowhere/a.h5", example(), "volume", {}, {.memory_image_limit = 0}),
               RunError);
}

TEST(Tree, UnwritablePlacesAreRunErrors) {
  EXPECT_THROW(io::write_tree("/nowhere/a.h5", example(), "volume", {}), RunError);
  EXPECT_THAT(
      test::message_of<RunError>([] { io::write_tree("/dev/full", example(), "volume", {}); }),
      HasSubstr("No space left"));
}

TEST(Tree, ReadersCheckSchemaAndVersion) {
  const Folder folder;
  io::write_tree(folder / "a.h5", example(), "prediction", {});
  EXPECT_THAT(
      test::message_of<DataError>([&] { io::read_tree(folder / "a.h5", "volume"); }),
      ::testing::AllOf(HasSubstr("a prediction file"), HasSubstr("expected a volume file")));
  EXPECT_THROW(io::read_tree(folder / "missing.h5", "volume"), DataError);
  EXPECT_THROW(io::read_tree(folder.path(), "volume"), DataError);
  EXPECT_EQ(io::schema_of(folder / "missing.h5"), "");

  // Cutting the seal off makes it a file as another program would leave it.
  auto content = test::slurp(folder / "a.h5");
  content.resize(content.size() - 48);
  const auto at = content.find("1.0");
  ASSERT_NE(at, std::string::npos);
  content[at] = '2';
  test::spill(folder / "newer.h5", content);
  EXPECT_THAT(
      test::message_of<DataError>([&] { io::read_tree(folder / "newer.h5", "prediction"); }),
      HasSubstr("schema_version 2.0"));
}

TEST(Tree, TypedAccessNamesFilePlaceAndExpectation) {
  Tree tree = example();
  tree.file_ = "a.h5";
  EXPECT_EQ(tree.number("/", "step"), -3.0);
  EXPECT_EQ(tree.numbers("/image", "codes"), (std::vector<double>{0, 1, 4}));
  EXPECT_EQ(test::message_of<DataError>([&] { tree.integer("/", "rate"); }),
            "a.h5: attribute 'rate' of / is not a whole number");
  EXPECT_EQ(test::message_of<DataError>([&] { tree.text("/", "none"); }),
            "a.h5: attribute 'none' of / is missing");
  EXPECT_EQ(test::message_of<DataError>([&] { tree.array("/label"); }),
            "a.h5: dataset /label is missing");
}

TEST(Provenance, NamesInputsByBaseNameAndId) {
  const Folder folder;
  const auto id = io::write_tree(folder / "input.h5", example(), "volume", {});
  test::spill(folder / "notes.txt", "abc");
  Provenance provenance;
  provenance.program = "pretrain";
  provenance.seed = 18446744073709551615ull;
  provenance.inputs = {folder / "input.h5", folder / "notes.txt", folder / "gone.txt"};
  io::write_tree(folder / "a.h5", {}, "volume", provenance);
  const auto text = io::read_provenance(folder / "a.h5");
  EXPECT_THAT(text, ::testing::Not(HasSubstr(folder.path())));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["program"], "pretrain");
  EXPECT_EQ(json["seed"], 18446744073709551615ull);
  EXPECT_EQ(json["inputs"][0]["content_sha256"], id);
  EXPECT_EQ(json["inputs"][1]["name"], "notes.txt");
  EXPECT_EQ(json["inputs"][1]["sha256"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(json["inputs"][2].size(), 1u);

  provenance.record_paths = true;
  io::write_tree(folder / "b.h5", {}, "volume", provenance);
  EXPECT_THAT(io::read_provenance(folder / "b.h5"), HasSubstr(folder / "input.h5"));
}

}  // namespace

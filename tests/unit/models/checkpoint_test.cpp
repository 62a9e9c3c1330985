// Modules and their stored form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>

#include <torch/nn/module.h>

#include <filesystem>
#include <functional>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/checkpoint.h"
#include "models/networks/unet.h"
#include "unit/folder.h"

namespace kdseg::models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Model small_model(uint64_t seed, int64_t width = 2) {
  Model model;
  const Section section{"network", "had-net-unet", "", {}};
  model.network = make_network(section, 3, 4, width, &model.section);
  initialize(*model.network, seed);
  model.contract.channels = {"flair", "t1", "t2"};
  model.contract.head.names = {"background", "NCR", "ED", "ET"};
  model.contract.head.classes_of = {{0}, {1}, {2}, {3}};
  model.contract.head.codes = {0, 1, 2, 4};
  return model;
}

bool equal(const Model& a, const Model& b) {
  const auto left = a.network->module().parameters(), right = b.network->module().parameters();
  for (size_t i = 0; i < left.size(); ++i)
    if (!left[i].equal(right[i])) return false;
  return left.size() == right.size();
}

class CheckpointFile : public ::testing::Test {
 protected:
  void write(const Model& model) {
    io::write_checkpoint(path_, to_checkpoint(model), {}, {.force = true});
  }
  test::Folder folder_;
  std::string path_ = folder_ / "model.h5";
};

TEST(Arrays, KeepTypeShapeAndValues) {
  for (const auto type : {at::kFloat, at::kDouble, at::kHalf, at::kByte, at::kInt, at::kLong}) {
    const at::Tensor tensor = at::arange(6, type).view({2, 3});
    const at::Tensor back = to_tensor(to_array(tensor.t().contiguous().t()));
    EXPECT_EQ(back.scalar_type(), type);
    EXPECT_TRUE(back.equal(tensor));
  }
}

TEST(Arrays, ModuleGoesThereAndBack) {
  const Model from = small_model(1), to = small_model(2);
  io::Tree tree;
  module_to_arrays(from.network->module(), "/roles/student", tree);
  EXPECT_TRUE(tree.has("/roles/student/parameters/conv_u4.conv_left.weight"));
  module_from_arrays(to.network->module(), "/roles/student", tree);
  EXPECT_TRUE(equal(from, to));
}

TEST(Arrays, ModuleThatDoesNotFitStaysAsItIs) {
  const Model from = small_model(1), to = small_model(2), before = small_model(2);
  io::Tree tree;
  module_to_arrays(from.network->module(), "", tree);
  tree.arrays.erase("/parameters/conv_out.bias");
  tree.arrays["/parameters/extra"] = to_array(at::ones({1}));
  tree.arrays["/parameters/conv_out.weight"] = to_array(at::ones({4, 9, 1, 1, 1}));
  EXPECT_THAT(
      test::message_of<DataError>([&] { module_from_arrays(to.network->module(), "", tree); }),
      AllOf(HasSubstr("missing conv_out.bias"), HasSubstr("left over extra"),
            HasSubstr("[4, 9, 1, 1, 1], expected [4, 2, 1, 1, 1]")));
  EXPECT_TRUE(equal(to, before));
}

TEST_F(CheckpointFile, GivesTheSameModel) {
  const Model model = small_model(1);
  write(model);
  const Model loaded = load_model(path_);
  EXPECT_TRUE(equal(model, loaded));
  EXPECT_EQ(loaded.contract, model.contract);
  Model started = small_model(2);
  load_parameters(path_, started);
  EXPECT_TRUE(equal(model, started));
}

TEST_F(CheckpointFile, RefusesAnotherArchitectureChannelsOrClasses) {
  write(small_model(1));
  Model wide = small_model(2, 3), channels = small_model(2), classes = small_model(2);
  channels.contract.channels = {"t1", "flair", "t2"};
  classes.contract.head.names[3] = "XX";
  EXPECT_THAT(test::message_of<DataError>([&] { load_parameters(path_, wide); }),
              AllOf(HasSubstr("width 2"), HasSubstr("width 3")));
  EXPECT_THAT(test::message_of<DataError>([&] { load_parameters(path_, channels); }),
              AllOf(HasSubstr("flair,t1,t2"), HasSubstr("t1,flair,t2")));
  EXPECT_THAT(test::message_of<DataError>([&] { load_parameters(path_, classes); }),
              HasSubstr("XX"));
}

TEST_F(CheckpointFile, CannotAskForFarMoreMemoryThanItHolds) {
  io::Checkpoint checkpoint = to_checkpoint(small_model(1));
  for (auto& setting : checkpoint.networks.at("network").network.settings)
    if (setting.key == "width") setting.value = "1024";  // gigabytes of parameters
  io::write_checkpoint(path_, checkpoint, {}, {.force = true});
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path_, at::kCPU); }),
              HasSubstr("far larger than the parameters it holds"));
  write(small_model(1));
  EXPECT_NO_THROW(load_model(path_, at::kCPU)) << "the bound is gone with the file";
}

TEST_F(CheckpointFile, RefusesAnUnknownNetwork) {
  Model model = small_model(1);
  model.section.name = "no-such-net";
  write(model);
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path_); }),
              AllOf(HasSubstr(path_), HasSubstr("no-such-net")));
}

TEST_F(CheckpointFile, GivesTheNetworksOfACandidate) {
  const Model real = small_model(1);
  Model syn = small_model(2, 3);
  syn.contract.channels = {"ct", "t1", "t2"};
  auto checkpoint = to_checkpoint({{"real", real}, {"syn", syn}});
  checkpoint.candidates = {{"ensemble", {"real", "syn"}}};
  checkpoint.default_candidate = "ensemble";
  io::write_checkpoint(path_, checkpoint, {});

  const auto both = load_candidate(path_);
  EXPECT_EQ(both.name, "ensemble");
  ASSERT_EQ(both.members.size(), 2u);
  EXPECT_EQ(both.members[1].name, "syn");
  EXPECT_TRUE(equal(both.members[0].model, real));
  EXPECT_TRUE(equal(both.members[1].model, syn));
  EXPECT_EQ(both.members[0].model.contract, real.contract);
  EXPECT_EQ(both.members[1].model.contract, syn.contract);
  ASSERT_EQ(load_candidate(path_, "syn").members.size(), 1u);

  EXPECT_TRUE(equal(load_model(path_, at::kCPU, "real"), real));
  EXPECT_EQ(test::message_of<UsageError>([&] { load_model(path_); }),
            path_ +
                ": ensemble is the mean of 2 networks, expected one; choose it with --network: "
                "real, syn");
  Model started = small_model(3);
  load_parameters(path_, started, "real");
  EXPECT_TRUE(equal(started, real));
  EXPECT_THAT(test::message_of<DataError>([&] { load_parameters(path_, started, "syn"); }),
              AllOf(HasSubstr(path_ + ": syn"), HasSubstr("width 3")));
  EXPECT_THAT(test::message_of<UsageError>([&] { load_parameters(path_, started, "sin"); }),
              HasSubstr("did you mean 'syn'?"));
  EXPECT_TRUE(equal(started, real));
}

TEST_F(CheckpointFile, OneNetworkHasNoName) {
  const Model model = small_model(1);
  write(model);
  const auto candidate = load_candidate(path_);
  EXPECT_EQ(candidate.name, "");
  ASSERT_EQ(candidate.members.size(), 1u);
  EXPECT_TRUE(equal(candidate.members[0].model, model));
  EXPECT_EQ(test::message_of<UsageError>([&] { load_candidate(path_, "real"); }),
            path_ + ": holds one network without a name; leave '--network real' out");
}

}  // namespace
}  // namespace kdseg::models

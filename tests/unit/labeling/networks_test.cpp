// Which networks of checkpoints predict, and what predictions say of them.
#include "labeling/networks.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "io/prediction_file.h"
#include "io/volume_file.h"
#include "labeling/label_cases.h"
#include "labeling/sample_cases.h"
#include "models/catalog.h"
#include "models/checkpoint.h"
#include "prepare/recipe.h"
#include "unit/folder.h"
#include "unit/infer/volumes.h"

namespace {
using namespace kdseg;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

models::Model small_model(uint64_t seed, std::vector<std::string> channels) {
  models::Model model;
  const auto inputs = static_cast<int64_t>(channels.size());
  model.network =
      models::make_network({"network", "had-net-unet", "", {}}, inputs, 2, 2, &model.section);
  models::initialize(*model.network, seed);
  model.contract.channels = std::move(channels);
  model.contract.head = {Head::Kind::softmax, {"background", "tumor"}, {{0}, {1}}, {0, 4}};
  const auto recipe =
      prepare::Recipe::fit(prepare::parse_recipe("size = 32 32 32\n", "test"), 0, {});
  model.contract.recipe_id = recipe.id();
  model.contract.recipe_ini = recipe.ini();
  return model;
}

/// A file of two networks with their mean, one of a single network, and a case.
class Networks : public ::testing::Test {
 protected:
  Networks() {
    auto several = models::to_checkpoint(
        {{"real", small_model(1, {"flair", "t1"})}, {"syn", small_model(2, {"t2"})}});
    several.candidates = {{"ensemble", {"real", "syn"}}};
    several.default_candidate = "ensemble";
    several_id_ = io::write_checkpoint(folder_ / "several.h5", several, {});
    single_id_ = io::write_checkpoint(folder_ / "single.h5",
                                      models::to_checkpoint(small_model(3, {"t1"})), {});
    io::write_volume(folder_ / "x.h5", test::source_volume(), {});
  }

  labeling::LabelSettings settings(std::vector<std::string> files, const std::string& network) {
    labeling::LabelSettings s;
    for (const auto& file : files) s.models.push_back(folder_ / file);
    s.network = network;
    s.input = folder_ / "x.h5";
    s.output = folder_ / "out.h5";
    s.probability = true;
    s.tensor.device = "cpu";
    return s;
  }

  io::Prediction predict(std::vector<std::string> files, const std::string& network) {
    labeling::label_cases(settings(std::move(files), network),
                          {1, {}, {}, std::make_shared<Claims>("networks_test", true)});
    return io::read_prediction(folder_ / "out.h5");
  }

  /// Of the voxels where the case has anything: elsewhere background is certain.
  static double at(const io::Prediction& p, size_t voxel) { return p.probability->voxels[voxel]; }

  test::Folder folder_;
  std::string several_id_, single_id_;
};

TEST_F(Networks, OfACandidateCountAlikeWhicheverFileTheyAreFrom) {
  const auto real = predict({"several.h5"}, "real"), syn = predict({"several.h5"}, "syn");
  const auto single = predict({"single.h5"}, "");
  const auto ensemble = predict({"several.h5"}, ""), named = predict({"several.h5"}, "ensemble");
  const auto all = predict({"several.h5", "single.h5"}, "");
  EXPECT_EQ(ensemble.probability->voxels, named.probability->voxels);
  double apart = 0;
  for (size_t i = 0; i < real.probability->voxels.size(); ++i) {
    apart = std::max(apart, std::abs(at(real, i) - at(syn, i)));
    EXPECT_NEAR(at(ensemble, i), (at(real, i) + at(syn, i)) / 2, 1e-3);  // stored as f16
    EXPECT_NEAR(at(all, i), (at(real, i) + at(syn, i) + at(single, i)) / 3, 1e-3);
  }
  EXPECT_GT(apart, 0.01);

  EXPECT_THAT(all.checkpoint_ids, ElementsAre(several_id_, several_id_, single_id_));
  EXPECT_THAT(all.networks, ElementsAre("real", "syn", ""));
  EXPECT_THAT(syn.networks, ElementsAre("syn"));
  EXPECT_THAT(syn.checkpoint_ids, ElementsAre(several_id_));
  EXPECT_THAT(single.networks, ElementsAre());
}

TEST_F(Networks, AreSampledTogether) {
  labeling::SamplingSettings sampling;
  sampling.samples = 2;
  const auto sampled = [&](const std::string& network) {
    labeling::sample_cases(settings({"several.h5"}, network), sampling,
                           {1, {}, {}, std::make_shared<Claims>("networks_test", true)});
    return io::read_prediction(folder_ / "out.h5");
  };
  const auto real = sampled("real"), syn = sampled("syn"), both = sampled("");
  for (size_t i = 0; i < both.probability->voxels.size(); ++i)
    EXPECT_NEAR(at(both, i), (at(real, i) + at(syn, i)) / 2, 1e-3);
  EXPECT_THAT(both.networks, ElementsAre("real", "syn"));
}

TEST_F(Networks, ThatAFileLacksAreNamed) {
  const auto refusal = [&](std::vector<std::string> files, const std::string& network) {
    return test::message_of<UsageError>([&] { predict(std::move(files), network); });
  };
  EXPECT_THAT(refusal({"several.h5"}, "reel"),
              AllOf(HasSubstr("several.h5: holds no network 'reel'; did you mean 'real'?"),
                    HasSubstr("ensemble (real + syn, default), real, syn")));
  EXPECT_THAT(refusal({"single.h5"}, "real"),
              HasSubstr("single.h5: holds one network without a name; leave '--network real' out"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.h5"));
}

TEST_F(Networks, AreDescribedOneByOne) {
  const auto text = labeling::describe(settings({"several.h5", "single.h5"}, ""), 1);
  EXPECT_THAT(text, AllOf(HasSubstr("model        several.h5: real\n"),
                          HasSubstr("model        several.h5: syn\n"),
                          HasSubstr("model        single.h5\n"),
                          HasSubstr("channels     flair,t1\n"), HasSubstr("channels     t2\n"),
                          HasSubstr("input        32 x 32 x 32 voxels, whole volume\n")));
}

}  // namespace

// A saved state: everything that a continued run needs comes back exactly.
#include "train/state.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "models/catalog.h"
#include "models/checkpoint.h"

namespace kdseg::train {
namespace {

/// A method that only holds things: a trained network, a frozen one, and a number of its own.
struct Holder : methods::Method {
  models::Model model;
  std::unique_ptr<optim::Optimizer> adam;
  int64_t own = 0;

  explicit Holder(uint64_t seed) {
    model.network = models::make_network({"network", "had-net-unet", "", {}}, 3, 4, 2);
    models::initialize(*model.network, seed);
    adam = optim::make_optimizer(model.network->module(), {});
  }
  std::vector<std::string> streams() const override { return {}; }
  methods::Report step(const tensor::Draw&, const methods::StepInfo&) override { return {}; }
  methods::Report validate(const tensor::Batch&, const methods::StepInfo&,
                           methods::Logits*) override {
    return {};
  }
  std::vector<methods::Part> parts() override {
    return {{"student", model.network->shared_module(), adam.get()},
            {"teacher", model.network->shared_module(), nullptr, false}};
  }
  std::vector<methods::Candidate> candidates() const override {
    return {{"student", {{"student", &model}}, true}};
  }
  int64_t macs(const methods::Shapes&) const override { return 0; }
  void save(io::Tree& tree, const std::string& prefix) const override {
    tree.attributes[prefix]["own"] = own;
  }
  void load(const io::Tree& tree, const std::string& prefix) override {
    own = tree.integer(prefix, "own");
  }
};

TEST(RunState, ComesBackExactly) {
  RunState state;
  state.plateau = optim::Plateau({.on = true, .factor = 0.5, .patience = 0});
  state.step = 17;
  state.closed_epochs = 3;
  state.summed = 2;
  state.sums = {{"loss", 0.1 + 0.2}, {"cross-entropy", 1.0 / 3}};
  state.history.add({{"epoch", "1"}, {"loss", "0.5"}});
  state.plateau.update(0.5);
  state.plateau.update(0.4);
  Holder holder(1);
  holder.own = 5;
  Best& best = state.best["student"];
  best.scores = {{"score", 0.7}, {"epoch", 2}};
  models::module_to_arrays(holder.model.network->module(), "", best.of["student"]);
  const Identity identity{{"epochs", "4"}, {"recipe", "name = a\nsize = fit\n"}, {"patch", ""}};
  const std::map<std::string, std::string> recipes{{"cases", "name = a\nsize = 32 32 32\n"}};
  const io::Tree tree = to_tree(state, holder, identity, recipes);
  for (const auto& [path, array] : tree.arrays) EXPECT_EQ(path.find("teacher"), std::string::npos);

  RunState back;
  back.plateau = optim::Plateau({.on = true, .factor = 0.5, .patience = 0});
  Holder other(2);
  ASSERT_TRUE(has_this_layout(tree));
  from_tree(tree, back, other);
  EXPECT_EQ(back.step, 17);
  EXPECT_EQ(back.closed_epochs, 3);
  EXPECT_EQ(back.summed, 2);
  EXPECT_EQ(back.sums, state.sums);
  EXPECT_EQ(back.best.at("student").scores, best.scores);
  EXPECT_EQ(back.history.to_text(), state.history.to_text());
  EXPECT_EQ(back.plateau.scale(), 0.5);
  EXPECT_EQ(back.best.at("student").of.at("student").arrays.size(),
            best.of.at("student").arrays.size());
  EXPECT_EQ(other.own, 5);
  EXPECT_EQ(identity_in(tree), identity);
  EXPECT_EQ(recipe_in(tree, "cases"), recipes.at("cases"));
  const auto a = holder.model.network->module().parameters(),
             b = other.model.network->module().parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].equal(b[i]));
  EXPECT_EQ(io::content_sha256(to_tree(back, other, identity, recipes)), io::content_sha256(tree));
}

TEST(RunState, AnEarlierLayoutIsToldApart) {
  io::Tree tree;
  tree.attributes["/"]["step"] = int64_t{3};
  EXPECT_FALSE(has_this_layout(tree));
}

}  // namespace
}  // namespace kdseg::train

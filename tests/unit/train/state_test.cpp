// A saved state: everything that a continued run needs comes back exactly.
#include "train/state.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "models/catalog.h"

namespace kdseg::train {
namespace {

struct Part {
  std::shared_ptr<models::Network> network;
  optim::Adam adam;
  explicit Part(uint64_t seed)
      : network(models::make_network({"network", "had-net-unet", "", {}}, 3, 4, 2)),
        adam(network->module(), {}) {
    models::initialize(*network, seed);
  }
  std::vector<methods::Role> roles() {
    return {{"student", network->shared_module(), &adam},
            {"teacher", network->shared_module(), nullptr}};
  }
};

TEST(RunState, ComesBackExactly) {
  RunState state;
  state.plateau = optim::Plateau({.on = true, .factor = 0.5, .patience = 0});
  state.step = 17;
  state.closed_epochs = 3;
  state.summed = 2;
  state.sums = {{"loss", 0.1 + 0.2}, {"cross-entropy", 1.0 / 3}};
  state.best = {{"score", 0.7}, {"epoch", 2}};
  state.best_parameters.arrays["/best/parameters/x"] =
      io::make_array<float>({2}, std::span<const float>(std::array<float, 2>{1.5f, -2.0f}));
  state.history.add({{"epoch", "1"}, {"loss", "0.5"}});
  state.plateau.update(0.5);
  state.plateau.update(0.4);
  Part part(1);
  const Identity identity{{"epochs", "4"}, {"recipe", "name = a\nsize = fit\n"}, {"patch", ""}};
  const io::Tree tree = to_tree(state, part.roles(), identity, "name = a\nsize = 32 32 32\n");
  for (const auto& [path, array] : tree.arrays) EXPECT_EQ(path.find("teacher"), std::string::npos);

  RunState back;
  back.plateau = optim::Plateau({.on = true, .factor = 0.5, .patience = 0});
  Part other(2);
  from_tree(tree, back, other.roles());
  EXPECT_EQ(back.step, 17);
  EXPECT_EQ(back.closed_epochs, 3);
  EXPECT_EQ(back.summed, 2);
  EXPECT_EQ(back.sums, state.sums);
  EXPECT_EQ(back.best, state.best);
  EXPECT_EQ(back.history.to_text(), state.history.to_text());
  EXPECT_EQ(back.plateau.scale(), 0.5);
  EXPECT_EQ(back.best_parameters.arrays.size(), 1u);
  EXPECT_EQ(identity_in(tree), identity);
  EXPECT_EQ(recipe_in(tree), "name = a\nsize = 32 32 32\n");
  const auto a = part.network->module().parameters(), b = other.network->module().parameters();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].equal(b[i]));
  EXPECT_EQ(io::content_sha256(to_tree(back, other.roles(), identity, recipe_in(tree))),
            io::content_sha256(tree));
}

}  // namespace
}  // namespace kdseg::train

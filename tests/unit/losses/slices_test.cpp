// Every term takes slices: as volumes of one slice.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "losses/adversarial.h"
#include "losses/objective.h"

namespace kdseg::losses {
namespace {

at::Tensor noisy(at::IntArrayRef shape, double phase) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return at::sin(at::arange(count, at::kDouble).mul(43.7).add(phase)).view(shape);
}

/// x [N, any, H, W] as volumes of one slice where `volume`.
at::Tensor placed(const at::Tensor& x, bool volume) { return volume ? x.unsqueeze(-3) : x; }

struct Result {
  double value;
  std::vector<at::Tensor> gradients;  ///< in logits and extras
};

Result evaluated(const std::string& term, at::ScalarType type, bool volume) {
  const Objective objective(std::vector<Section>{{"term", term, "test", {}}});
  std::vector<at::Tensor> leaves;
  const auto made = [&](std::vector<int64_t> channels, double phase, bool leaf) {
    channels.insert(channels.begin(), 2);
    channels.insert(channels.end(), {6, 5});
    at::Tensor x = placed(noisy(channels, phase), volume).to(type).contiguous();
    if (leaf) leaves.push_back(x.requires_grad_());
    return x;
  };
  const auto gaussian = [&] {  // of whole images, without their axes
    return leaves.emplace_back(noisy({2, 2, 5}, 0.3).to(type).requires_grad_());
  };
  const auto output = [&](double phase, bool student) {
    tensor::Output out;
    out.logits = made({4}, phase, student);
    for (const auto& name : student ? objective.student_needs() : objective.teacher_needs())
      out.extra.set(name, name.starts_with("posterior") ? made({3, 4}, phase + 1, student)
                          : name == "reconstruction"    ? made({3}, phase + 2, student)
                          : name == "latent"            ? gaussian()
                                                        : made({8}, phase + 3, student));
    return out;
  };
  const tensor::Output student = output(0.1, true), teacher = output(0.4, false);
  tensor::Input input{.image = made({3}, 0.7, false)};
  tensor::Target target{
      .classes = placed(at::arange(60, at::kLong).remainder(4).view({2, 6, 5}), volume),
      .image = made({4}, 0.9, false)};
  const Head head{Head::Kind::softmax, {"a", "b", "c", "d"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
  at::Tensor weight = noisy({5, 3, 3, 3}, 0.2).to(type).requires_grad_();
  if (objective.needs_weights()) leaves.push_back(weight);
  const std::vector<at::Tensor> weights{weight};
  const at::Tensor value = objective.value({.input = input,
                                            .student = student,
                                            .teacher = &teacher,
                                            .target = &target,
                                            .head = head,
                                            .weights = weights});
  Result result{value.item<double>(), {}};
  for (const auto& gradient :
       torch::autograd::grad({value}, leaves, {}, std::nullopt, false, /*allow_unused=*/true))
    if (gradient.defined()) result.gradients.push_back(gradient.flatten());
  return result;
}

TEST(Slices, EveryTermTakesThemAsVolumesOfOneSlice) {
  for (const auto& row : terms())
    for (const auto type : {at::kFloat, at::kDouble}) {
      SCOPED_TRACE(row.name);
      const Result flat = evaluated(row.name, type, false), whole = evaluated(row.name, type, true);
      EXPECT_NE(flat.value, 0);
      EXPECT_DOUBLE_EQ(flat.value, whole.value);
      ASSERT_EQ(flat.gradients.size(), whole.gradients.size());
      EXPECT_GE(flat.gradients.size(), 1u);
      for (size_t i = 0; i < flat.gradients.size(); ++i)
        EXPECT_TRUE(flat.gradients[i].equal(whole.gradients[i]));
    }
}

TEST(Slices, AdversarialLossesTakeTheirScores) {
  const at::Tensor r = noisy({2, 1, 3, 4}, 0.1), q = noisy({2, 1, 3, 4}, 0.5);
  EXPECT_EQ(adversarial_term(q).item<double>(), adversarial_term(placed(q, true)).item<double>());
  EXPECT_EQ(discriminator_loss(r, q).item<double>(),
            discriminator_loss(placed(r, true), placed(q, true)).item<double>());
  EXPECT_EQ(discriminator_accuracy(r, q), discriminator_accuracy(placed(r, true), placed(q, true)));
}

}  // namespace
}  // namespace kdseg::losses

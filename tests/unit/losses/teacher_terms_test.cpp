#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "finite_difference.h"
#include "losses/binary_cross_entropy.h"
#include "losses/bottleneck_kl.h"
#include "losses/dice.h"
#include "losses/objective.h"
#include "losses/shares.h"
#include "losses/teacher_targets.h"

// Expected values: KD-Net's formulas worked out by hand for these inputs (Hu et al. 2020).
namespace kdseg::losses {
namespace {

at::Tensor values(std::initializer_list<double> v) { return at::tensor(v, at::kDouble); }

/// A map [1, n, 1] of one sample.
at::Tensor map(std::initializer_list<double> v) { return values(v).view({1, -1, 1}); }

double kl(std::initializer_list<double> teacher, std::initializer_list<double> student,
          MapNorm norm = MapNorm::softmax) {
  return bottleneck_kl(map(teacher), map(student), norm).item<double>();
}

Head two_classes() {
  return {.kind = Head::Kind::softmax,
          .names = {"background", "lesion"},
          .classes_of = {{0}, {1}},
          .codes = {0, 1}};
}

/// Two voxels: the student's lesion probabilities .8 and .4; labels lesion, background; a teacher
/// with logits (0, 5) and (5, 0).
struct TwoVoxels {
  Head head = two_classes();
  tensor::Input input;
  tensor::Output student, teacher;
  tensor::Target target;

  explicit TwoVoxels(double first = 0.8, double second = 0.4) {
    const auto logit = [](double p) { return std::log(p / (1 - p)); };
    student.logits = values({0, 0, logit(first), logit(second)}).view({1, 2, 2, 1, 1});
    teacher.logits = values({0, 5, 5, 0}).view({1, 2, 2, 1, 1});
    student.extra.set("c5", map({0, 1}));
    teacher.extra.set("c5", map({1, 0}));
    target.classes = at::tensor({1, 0}, at::kLong).view({1, 2, 1, 1});
  }

  double of(const std::vector<Section>& sections) const {
    const Evidence evidence{
        .input = input, .student = student, .teacher = &teacher, .target = &target, .head = head};
    return Objective(sections).value(evidence).item<double>();
  }
};

Section term(const std::string& name, const std::string& weight,
             std::vector<Setting> settings = {}) {
  settings.push_back({"weight", weight, "here"});
  return {"term", name, "here", settings};
}

/// KD-Net's loss with all its terms, of all channels or the foreground alone.
std::vector<Section> kd_net(const std::string& channels, bool map_term = true) {
  std::vector<Section> all{term("soft-dice", "0.75", {{"channels", channels, "here"}}),
                           term("dice", "0.25", {{"channels", channels, "here"}}),
                           term("teacher-binary-cross-entropy", "0.75"),
                           term("binary-cross-entropy", "0.25")};
  if (map_term) all.push_back(term("bottleneck-kl", "10"));
  return all;
}

TEST(BottleneckKl, IsTheTeachersReference) {
  EXPECT_NEAR(kl({1, 0}, {0, 1}), 0.462117, 1e-6);
  EXPECT_NEAR(kl({2, 0, 0}, {0, 0, 0}), 0.433040, 1e-6) << ".474266 is the wrong direction";
  EXPECT_NEAR(kl({2, 1, 0, -1}, {1, 1, 0, 0}), 0.178075, 1e-6);
  EXPECT_NEAR(kl({2, 1, 0, -1}, {2, 1, 0, -1}), 0, 1e-12);
  EXPECT_NEAR(kl({5, 4, 3, 2}, {1, 1, 0, 0}), 0.178075, 1e-6) << "a constant changes nothing";
  EXPECT_NEAR(kl({2, 1, 1}, {1, 1, 2}, MapNorm::l1), 0.173287, 1e-6);
  // (1, 0.5, 0) and (0, 0.5, 1) as shares of their sums: 2/3 ln(2/3 / 1e-8) - ... in numpy
  EXPECT_NEAR(kl({2, 1, 0}, {0, 1, 2}, MapNorm::minmax), 12.280454, 1e-5);
}

TEST(BottleneckKl, ChannelsOrPlaces) {
  // Two channels, two places: (1, 0) against (0, 1) at the first place, equal at the second.
  const at::Tensor teacher = values({1, 3, 0, 3}).view({1, 2, 2});
  const at::Tensor student = values({0, 3, 1, 3}).view({1, 2, 2});
  EXPECT_NEAR(bottleneck_kl(teacher, student, MapNorm::channel_softmax).item<double>(),
              0.462117 / 2, 1e-6);
  // Channel 1: softmax(1, 3) against softmax(0, 3); channel 2 the other way round (by hand).
  EXPECT_NEAR(bottleneck_kl(teacher, student, MapNorm::spatial_softmax).item<double>(), 0.0358885,
              1e-6);
}

TEST(BottleneckKl, MeanOverSamplesAndGradients) {
  const at::Tensor two = values({1, 0, 2, 2}).view({2, 2, 1});
  const at::Tensor other = values({0, 1, 2, 2}).view({2, 2, 1});
  EXPECT_NEAR(bottleneck_kl(two, other, MapNorm::softmax).item<double>(), 0.462117 / 2, 1e-6);
  EXPECT_THROW(bottleneck_kl(two, map({1, 0}), MapNorm::softmax), DataError);
  const at::Tensor teacher = values({.3, -.8, 1.1, .4, 2., -.1, .7, .2}).view({1, 2, 4});
  for (const MapNorm norm : {MapNorm::softmax, MapNorm::l1, MapNorm::channel_softmax,
                             MapNorm::spatial_softmax, MapNorm::minmax})
    expect_gradient(values({.5, .9, -.3, 1.4, .8, -1.2, .15, .6}).view({1, 2, 4}),
                    [&](const at::Tensor& x) { return bottleneck_kl(teacher, x, norm); });
}

TEST(Softening, DividesLogits) {
  const at::Tensor logits = values({2, 0, -1, 1}).view({1, 4, 1, 1, 1});
  Head head;
  const at::Tensor soft = softened(logits, head, 5).view(-1);
  const std::array<double, 4> expected{.329179, .220655, .180657, .269509};
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(soft[k].item<double>(), expected[static_cast<size_t>(k)], 1e-6);
}

TEST(TeacherTerms, LabelsAlone) {
  const TwoVoxels v;
  EXPECT_NEAR(v.of({term("binary-cross-entropy", "1")}), .366985, 1e-6);
  EXPECT_NEAR(v.of({term("dice", "1"), term("binary-cross-entropy", "1")}), .670013, 2e-6);
}

TEST(TeacherTerms, TeacherAlone) {
  const TwoVoxels v;
  EXPECT_NEAR(v.of({term("soft-dice", "1"), term("teacher-binary-cross-entropy", "1")}), .778676,
              2e-6);
  EXPECT_NEAR(v.of({term("soft-dice", "1", {{"channels", "foreground", ""}})}), 1 - .629478, 1e-6);
}

TEST(TeacherTerms, WholeObjective) {
  const TwoVoxels v;
  EXPECT_NEAR(v.of(kd_net("all")), 5.372682, 3e-6);
  EXPECT_NEAR(v.of(kd_net("foreground")), 5.334230, 3e-6);
  EXPECT_NEAR(v.of(kd_net("foreground", false)), .713058, 2e-6);
}

TEST(TeacherTerms, CopyingTheTeacherIsNotFree) {
  const TwoVoxels copy(1 / (1 + std::exp(-5.0)), 1 / (1 + std::exp(5.0)));
  EXPECT_NEAR(copy.of({term("soft-dice", "1")}), .272033, 2e-6);
  EXPECT_NEAR(copy.of({term("teacher-binary-cross-entropy", "1")}), .006715, 1e-6);
}

TEST(TeacherTerms, UniformProbabilities) {
  const at::Tensor p = at::softmax(at::zeros_like(at::randn({1, 4, 2, 2, 2}, at::kDouble)), 1);
  tensor::Target target;
  target.classes = at::zeros_like(p.select(1, 0), at::kLong);
  const Head head{.kind = Head::Kind::softmax,
                  .names = {"a", "b", "c", "d"},
                  .classes_of = {{0}, {1}, {2}, {3}},
                  .codes = {0, 1, 2, 3}};
  EXPECT_NEAR(losses::binary_cross_entropy(p, shares_of(target, head, p)).item<double>(), .562335,
              1e-6);
  EXPECT_THROW(losses::binary_cross_entropy(p, p.narrow(1, 0, 2)), DataError);
}

TEST(TeacherTerms, DecisionsByThresholdMayBeNone) {
  // Softened by 5, no class of the teacher's second voxel reaches 0.5 among four classes; with two
  // classes one always does, so that both kinds of decision agree.
  const TwoVoxels v;
  EXPECT_NEAR(v.of({term("teacher-binary-cross-entropy", "1", {{"decision", "threshold", ""}})}),
              v.of({term("teacher-binary-cross-entropy", "1")}), 1e-12);
  const at::Tensor logits = values({2, 0, -1, 1}).view({1, 4, 1, 1, 1});
  EXPECT_EQ((softened(logits, Head{}, 5) > 0.5).sum().item<int64_t>(), 0);
  EXPECT_EQ(decided(logits, Head{}).sum().item<double>(), 1);
}

TEST(TeacherTerms, GradientsReachTheStudent) {
  TwoVoxels v;
  expect_gradient(v.student.logits, [&](const at::Tensor& x) {
    const tensor::Output student{x, v.student.extra};
    const Evidence evidence{.input = v.input,
                            .student = student,
                            .teacher = &v.teacher,
                            .target = &v.target,
                            .head = v.head};
    return Objective(kd_net("all", false)).value(evidence);
  });
}

// Li et al. 2020, equation 7, worked out by hand: teacher (.9, .1), (.2, .8), student (.6, .4),
// (.5, .5). A student that equals its teacher is left with the teacher's entropy.
TEST(TeacherCrossEntropy, EqualsTheFormula) {
  const auto logits = [](double first, double second) {
    const auto logit = [](double p) { return std::log(p / (1 - p)); };
    return values({logit(first), logit(second), 0, 0}).view({1, 2, 2, 1, 1});
  };
  TwoVoxels given;
  given.teacher.logits = logits(0.9, 0.2);
  given.student.logits = logits(0.6, 0.5);
  const std::vector<Section> term{{"term", "teacher-cross-entropy", "", {}}};
  EXPECT_NEAR(given.of(term), 0.622260, 1e-6);
  given.student.logits = given.teacher.logits;
  EXPECT_NEAR(given.of(term), 0.412743, 1e-6);
}

}  // namespace
}  // namespace kdseg::losses

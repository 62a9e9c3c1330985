// KD-Net's U-Net: counts worked out by hand, and values of an independent float64 implementation
// (tests/reference/parity.py) at width 4 on 32 cubed.
#include <ATen/ops/norm.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "filled.h"
#include "losses/objective.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"
#include "models/networks/kd_net_unet.h"

namespace kdseg::models {
namespace {

int64_t count(KdNetUNetOptions options, int64_t channels) {
  options.in_channels = channels;
  return parameter_count(make_kd_net_unet(options)->module());
}

TEST(KdNetUNet, ParametersOfEverySetting) {
  struct Row {
    KdNetUNetOptions options;
    int64_t student, teacher;
  };
  for (const auto& [options, student, teacher] :
       {Row{{}, 14490664, 14493094}, Row{{.skips = false}, 12425164, 12427594},
        Row{{.width = 16}, 4123748, 4125044}, Row{{.width = 32}, 16486596, 16489188},
        Row{{.cap = 320}, 12416584, 12419014}, Row{{.affine = false}, 14486044, 14488474},
        Row{{.reduce_before_up = false}, 20688514, 20690944}, Row{{.width = 4}, 258524, 258848},
        Row{{.width = 4, .skips = false}, 221804, 222128}}) {
    EXPECT_EQ(count(options, 1), student);
    EXPECT_EQ(count(options, 4), teacher);
    EXPECT_EQ(teacher - student, 27 * 3 * options.width);
  }
  EXPECT_EQ(count({.width = 32}, 3), 16488324) << "HAD-Net's student has this topology";
}

TEST(KdNetUNet, ParametersOfItsBlocks) {
  const auto network = make_kd_net_unet({.in_channels = 1});
  const auto children = network->module().named_children();
  const std::vector<std::pair<const char*, int64_t>> expected{
      {"enc1", 25290},   {"enc2", 146160}, {"enc3", 583920}, {"enc4", 2334240}, {"bott", 6222960},
      {"dec4", 3889080}, {"dec3", 972540}, {"dec2", 243270}, {"dec1", 73080},   {"out", 124}};
  int64_t encoder = 0;
  for (const auto& [name, parameters] : expected) {
    EXPECT_EQ(parameter_count(*children[name]), parameters) << name;
    if (name[0] == 'e' || name[0] == 'b') encoder += parameters;
  }
  EXPECT_EQ(encoder, 9312570);
}

TEST(KdNetUNet, Shapes) {
  const c10::NoGradGuard no_grad;
  const auto network = make_kd_net_unet({.in_channels = 1});
  const std::vector<std::string> wanted{"c5"};
  const auto out =
      network->forward({.image = wave({1, 1, 64, 64, 64}, 0, 1, 0.011, 0).to(at::kFloat)}, wanted);
  EXPECT_EQ(out.logits.sizes(), at::IntArrayRef({1, 4, 64, 64, 64}));
  EXPECT_EQ(out.extra.get("c5").sizes(), at::IntArrayRef({1, 240, 4, 4, 4}));
  const auto wide = make_kd_net_unet({.in_channels = 1, .width = 4, .reduce_before_up = false});
  EXPECT_EQ(
      wide->forward({.image = wave({1, 1, 32, 32, 32}, 0, 1, 0.011, 0).to(at::kFloat)}, wanted)
          .extra.get("c5")
          .sizes(),
      at::IntArrayRef({1, 64, 2, 2, 2}));
}

TEST(KdNetUNet, RefusesSidesThatAreNoMultipleOf16AndUnknownMaps) {
  const auto network = make_kd_net_unet({.in_channels = 1, .width = 4});
  EXPECT_EQ(network->size_multiple(), 16);
  EXPECT_THROW(network->forward({.image = wave({1, 1, 40, 32, 32}, 0, 1, 0.011, 0)}), DataError);
  const std::vector<std::string> wanted{"c4"};
  EXPECT_THROW(network->forward({.image = wave({1, 1, 32, 32, 32}, 0, 1, 0.011, 0)}, wanted),
               UsageError);
}

TEST(KdNetUNet, StartsFromKaimingWeights) {
  const auto network = make_kd_net_unet({.in_channels = 1});
  initialize(*network, 3);
  const auto all = network->module().named_parameters();
  const at::Tensor& weight = all["bott.conv1.conv.weight"];
  // a = 0.01: the gain differs from that of a = 0 by 5e-5.
  EXPECT_NEAR(weight.std().item<double>(), std::sqrt(2.0 / (1.0001 * 27 * 240)), 5e-5);
  EXPECT_EQ(all["bott.conv1.conv.bias"].abs().max().item<double>(), 0);
  EXPECT_EQ(all["bott.conv1.norm.weight"].min().item<double>(), 1);
}

struct Values {
  bool skips;
  std::array<double, 2> teacher, student;  ///< mean and norm of the logits
  std::array<double, 4> teacher_first, student_center;
  double kd_all, gt_all, kd_foreground, gt_foreground, teacher_entropy, entropy, total;
  double first_gradient, last_gradient;
};

const Values with_skips{true,
                        {-0.0027814751, 46.67041203},
                        {-0.0027723439, 47.27006840},
                        {.14424066, -.00178172, -.13638680, -.02168207},
                        {.05320480, .01035342, -.04315032, -.01690940},
                        1.26285475,
                        1.31658238,
                        1.27081061,
                        1.32298797,
                        .51239711,
                        .56559201,
                        1.37499717,
                        198.690903,
                        .155344};
const Values without_skips{false,
                           {-0.0022041326, 48.18776608},
                           {-0.0020431221, 48.12460595},
                           {.05531674, .00969524, -.04538161, -.01665585},
                           {.03785731, .01038672, -.02779679, -.01415844},
                           1.26897944,
                           1.31616177,
                           1.27611357,
                           1.32190324,
                           .51883845,
                           .56549763,
                           1.37948553,
                           197.369696,
                           .134324};

void expect_close(double value, double expected, double relative = 1e-6) {
  EXPECT_NEAR(value, expected, relative * std::abs(expected) + 6e-9);
}

void expect_map(const at::Tensor& map, std::array<double, 2> expected) {
  expect_close(map.mean().item<double>(), expected[0]);
  expect_close(at::norm(map).item<double>(), expected[1]);
}

void expect_voxel(const at::Tensor& logits, int64_t at, const std::array<double, 4>& expected) {
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(logits[0][k][at][at][at].item<double>(), expected[static_cast<size_t>(k)], 6e-9);
}

/// Teacher and student of both skip settings on the same four images; the student's is the third.
struct Pair {
  explicit Pair(bool skips)
      : teacher(make_kd_net_unet({.in_channels = 4, .width = 4, .skips = skips})),
        student(make_kd_net_unet({.in_channels = 1, .width = 4, .skips = skips})) {
    fill_by_formula(teacher->module());
    fill_by_formula(student->module());
    const at::Tensor images = wave({1, 4, 32, 32, 32}, 0, 1, 0.011, 0);
    const std::vector<std::string> wanted{"c5"};
    {
      const c10::NoGradGuard frozen;
      of_teacher = teacher->forward({.image = images}, wanted);
    }
    of_student = student->forward({.image = images.narrow(1, 2, 1)}, wanted);
  }

  at::Tensor loss(const std::vector<Section>& terms) const {
    const tensor::Target target{
        .classes = at::arange(32768, at::kLong).remainder(4).view({1, 32, 32, 32}), .share = {}};
    const Head head{Head::Kind::softmax, {"a", "b", "c", "d"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 3}};
    return losses::Objective(terms).value({.input = {},
                                           .student = of_student,
                                           .teacher = &of_teacher,
                                           .target = &target,
                                           .head = head});
  }
  double value(const std::vector<Section>& terms) const { return loss(terms).item<double>(); }

  std::shared_ptr<Network> teacher, student;
  tensor::Output of_teacher, of_student;
};

Section term(const std::string& name, const std::string& weight = "1",
             const std::string& channels = "all") {
  Section section{"term", name, "here", {{"weight", weight, "here"}}};
  if (name.ends_with("dice")) section.settings.push_back({"channels", channels, "here"});
  return section;
}

TEST(KdNetParity, ForwardLossesAndGradients) {
  for (const Values& expected : {with_skips, without_skips}) {
    SCOPED_TRACE(expected.skips ? "4 skips" : "0 skips");
    const Pair pair(expected.skips);
    expect_map(pair.of_teacher.logits, expected.teacher);
    expect_map(pair.of_student.logits, expected.student);
    expect_voxel(pair.of_teacher.logits, 0, expected.teacher_first);
    expect_voxel(pair.of_student.logits, 16, expected.student_center);
    EXPECT_EQ(pair.of_teacher.extra.get("c5").sizes(), at::IntArrayRef({1, 32, 2, 2, 2}));
    expect_map(pair.of_teacher.extra.get("c5"), {0.4464666589, 11.31237062});
    expect_map(pair.of_student.extra.get("c5"), {0.4476893386, 11.29238139});

    Section kl = term("bottleneck-kl");
    EXPECT_NEAR(pair.value({kl}), .00987105, 6e-9);
    kl.settings.push_back({"normalization", "l1", "here"});
    EXPECT_NEAR(pair.value({kl}), .10085731, 6e-8);
    const Section teacher_entropy = term("teacher-binary-cross-entropy"),
                  entropy = term("binary-cross-entropy");
    expect_close(pair.value({teacher_entropy}), expected.teacher_entropy);
    expect_close(pair.value({entropy}), expected.entropy);
    expect_close(pair.value({term("soft-dice"), teacher_entropy}), expected.kd_all);
    expect_close(pair.value({term("dice"), entropy}), expected.gt_all);
    expect_close(pair.value({term("soft-dice", "1", "foreground"), teacher_entropy}),
                 expected.kd_foreground);
    expect_close(pair.value({term("dice", "1", "foreground"), entropy}), expected.gt_foreground);

    const at::Tensor total = pair.loss(
        {term("soft-dice", "0.75"), term("teacher-binary-cross-entropy", "0.75"),
         term("dice", "0.25"), term("binary-cross-entropy", "0.25"), term("bottleneck-kl", "10")});
    expect_close(total.item<double>(), expected.total);
    total.backward();
    const auto parameters = pair.student->module().named_parameters();
    const auto gradient = [&](const char* name) {
      return at::norm(parameters[name].grad()).item<double>();
    };
    expect_close(gradient("enc1.conv1.conv.weight"), expected.first_gradient);
    EXPECT_NEAR(gradient("out.weight"), expected.last_gradient, 6e-7);
    for (const auto& parameter : pair.teacher->module().parameters())
      EXPECT_FALSE(parameter.grad().defined());
  }
}

// The fast kernels in float32 against LibTorch's own in float64.
TEST(KdNetParity, BothRoutesAgree) {
  const c10::NoGradGuard no_grad;
  for (const bool skips : {true, false}) {
    const auto fast = make_kd_net_unet({.in_channels = 1, .width = 4, .skips = skips});
    const auto plain =
        make_kd_net_unet({.in_channels = 1, .width = 4, .skips = skips, .plain = true});
    initialize(*fast, 4);
    initialize(*plain, 4);
    plain->module().to(at::kDouble);
    const at::Tensor x = wave({1, 1, 32, 48, 32}, 0, 1, 43.7, 0);
    const at::Tensor a = fast->forward({.image = x.to(at::kFloat)}).logits.to(at::kDouble);
    const at::Tensor b = plain->forward({.image = x}).logits;
    EXPECT_LT(a.sub(b).abs().max().item<double>(), 1e-4 * b.abs().max().item<double>());
  }
}

}  // namespace
}  // namespace kdseg::models

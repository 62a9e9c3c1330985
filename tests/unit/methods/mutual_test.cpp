// Networks that learn from labels and from each other.
#include "methods/mutual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"
#include "methods/single_network.h"
#include "models/work.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Section section(const std::string& kind, const std::string& name,
                const std::vector<std::pair<std::string, std::string>>& settings) {
  Section made{kind, name, "a.ini:5", {}};
  for (const auto& [key, value] : settings) made.settings.push_back({key, value, "a.ini:6"});
  return made;
}

const std::vector<std::string> channels{"flair", "t1ce", "t1", "t2"};

/// Two networks over two streams, as in the last steps of Li et al. 2020: `real` learns from t's
/// labels, `syn` from a's, each from the other where the other has labels.
Setup pair_setup(const std::string& to_real = "0.5", const std::string& to_syn = "1") {
  methods::Setup setup;
  setup.networks = {{"real", tiny_model(channels, 1, at::kDouble, "0"), {}},
                    {"syn", tiny_model(channels, 2, at::kDouble, "0"), {}}};
  setup.streams = {{"t", channels}, {"a", {"a1", "a2", "a3", "a4"}}};
  setup.terms = {cross_entropy_section(), {"term", "teacher-cross-entropy", "test", {}}};
  setup.supervise = {section("supervise", "real", {{"network", "real"}, {"stream", "t"}}),
                     section("supervise", "syn", {{"network", "syn"}, {"stream", "a"}})};
  setup.distil = {
      section("distil", "s-r",
              {{"teacher", "syn"}, {"student", "real"}, {"stream", "a"}, {"weight", to_real}}),
      section("distil", "r-s",
              {{"teacher", "real"}, {"student", "syn"}, {"stream", "t"}, {"weight", to_syn}})};
  return setup;
}

tensor::Draw pair_draw(int t, int a) {
  tensor::Draw draw{{"t", tiny_draw(t, at::kDouble).at(case_stream)},
                    {"a", tiny_draw(a, at::kDouble).at(case_stream)}};
  draw["a"].channels = {"a1", "a2", "a3", "a4"};  // other names: taken by their order
  return draw;
}

std::vector<at::Tensor> values_of(Method& method, const std::string& name) {
  for (const auto& part : method.parts())
    if (part.name == name) return copies(*part.module);
  throw std::logic_error(name);
}

TEST(Mutual, LossesAreSumsOfTheirLessons) {
  const auto method = make_mutual(pair_setup());
  EXPECT_EQ(method->streams(), (std::vector<std::string>{"t", "a"}));
  const Report report = method->step(pair_draw(0, 1), {});
  EXPECT_NEAR(report.at("loss-real"),
              report.at("real/cross-entropy") + 0.5 * report.at("s-r/teacher-cross-entropy"), 1e-9);
  EXPECT_NEAR(report.at("loss-syn"),
              report.at("syn/cross-entropy") + report.at("r-s/teacher-cross-entropy"), 1e-9);
  EXPECT_NEAR(report.at("loss"), report.at("loss-real") + report.at("loss-syn"), 1e-12);
}

// Li et al. 2020: without distillation S_real is the baseline, whatever the assistant's images are.
TEST(Mutual, WithoutWeightsEachNetworkTrainsAsAlone) {
  const auto method = make_mutual(pair_setup("0", "0"));
  methods::Setup alone = setup_of(tiny_model(channels, 1, at::kDouble, "0"));
  alone.terms = {cross_entropy_section()};
  const auto baseline = make_supervised(alone);
  StepInfo info;
  for (info.step = 0; info.step < 3; ++info.step) {
    method->step(pair_draw(static_cast<int>(info.step), 7), info);
    baseline->step(tiny_draw(static_cast<int>(info.step), at::kDouble), info);
  }
  EXPECT_EQ(
      largest_difference(values_of(*method, "real"), copies(student_of(alone).network->module())),
      0);
}

// Teachers' outputs carry no gradient: a network's update depends on the other's values alone.
TEST(Mutual, NoGradientReachesATeacher) {
  const auto both = make_mutual(pair_setup()), one = make_mutual(pair_setup("0.5", "0"));
  both->step(pair_draw(0, 1), {});
  one->step(pair_draw(0, 1), {});
  EXPECT_EQ(largest_difference(values_of(*both, "real"), values_of(*one, "real")), 0);
  EXPECT_GT(largest_difference(values_of(*both, "syn"), values_of(*one, "syn")), 0);
}

TEST(Mutual, FrozenNetworksTeachAndStay) {
  methods::Setup setup = pair_setup();
  setup.frozen = {{"old", tiny_model(channels, 3, at::kDouble, "0")}};
  setup.distil = {
      section("distil", "o-s", {{"teacher", "old"}, {"student", "syn"}, {"stream", "t"}})};
  const auto method = make_mutual(setup);
  const auto before = values_of(*method, "old");
  const auto report = method->step(pair_draw(0, 1), {});
  EXPECT_GT(report.at("o-s/teacher-cross-entropy"), 0);
  EXPECT_EQ(largest_difference(before, values_of(*method, "old")), 0);
}

// Images that stand behind a stream's own are for frozen networks: the others do not see them.
TEST(Mutual, OtherImagesOfAStreamAreNotTakenForItsOwn) {
  const auto alone = make_mutual(pair_setup()), beside = make_mutual(pair_setup());
  tensor::Draw draw = pair_draw(0, 1);
  const Report expected = alone->step(draw, {});
  auto& a = draw["a"];
  a.channels.push_back("for-a-frozen-one");
  a.input.image = at::cat({a.input.image, at::rand_like(a.input.image.narrow(1, 0, 1))}, 1);
  const Report report = beside->step(draw, {});
  EXPECT_EQ(report.at("loss-real"), expected.at("loss-real"));
  EXPECT_EQ(report.at("loss-syn"), expected.at("loss-syn"));
  EXPECT_EQ(largest_difference(values_of(*beside, "syn"), values_of(*alone, "syn")), 0);
}

TEST(Mutual, AnAverageFollowsItsNetworkAndMayTeachIt) {
  methods::Setup setup = pair_setup();
  setup.averages = {section("average", "slow", {{"network", "real"}, {"decay", "0.9"}})};
  setup.distil = {
      section("distil", "self", {{"teacher", "slow"}, {"student", "real"}, {"stream", "a"}})};
  const auto method = make_mutual(setup);
  const auto start = values_of(*method, "real");
  method->step(pair_draw(0, 1), {});
  const auto moved = values_of(*method, "real"), slow = values_of(*method, "slow");
  // The first step's decay is 1 - 1/2 (Tarvainen & Valpola 2017).
  for (size_t i = 0; i < slow.size(); ++i)
    EXPECT_LT((slow[i] - 0.5 * (start[i] + moved[i])).abs().max().item<double>(), 1e-12);
  std::set<std::string> saved;
  for (const auto& part : method->parts())
    if (part.saved) saved.insert(part.name);
  EXPECT_EQ(saved, (std::set<std::string>{"real", "syn", "slow"}));
}

TEST(Mutual, CandidatesAreNetworksAndNamedMeans) {
  methods::Setup setup = pair_setup();
  setup.candidates = {
      section("candidate", "ensemble", {{"members", "real syn"}, {"default", "on"}})};
  const auto candidates = make_mutual(setup)->candidates();
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_EQ(candidates[0].name, "real");
  EXPECT_FALSE(candidates[0].chosen);
  EXPECT_EQ(candidates[2].name, "ensemble");
  EXPECT_TRUE(candidates[2].chosen);
  ASSERT_EQ(candidates[2].members.size(), 2u);
  EXPECT_EQ(candidates[2].members[1].name, "syn");
}

TEST(Mutual, ValidationChangesNothingAndGivesEveryMember) {
  const auto method = make_mutual(pair_setup());
  const auto before = values_of(*method, "real");
  Logits logits;
  const auto batch = pair_draw(0, 1).at("t");
  const Report report = method->validate(batch, {}, &logits);
  EXPECT_EQ(logits.size(), 2u);
  EXPECT_NEAR(report.at("loss"), report.at("loss-real") + report.at("loss-syn"), 1e-12);
  EXPECT_EQ(largest_difference(before, values_of(*method, "real")), 0);
}

// In turn, as Zhang et al. 2018: the second network learns from what the first has become.
TEST(Mutual, InTurnTheSecondLearnsFromTheUpdatedFirst) {
  const auto with_rates = [](bool in_turn) {
    methods::Setup setup = pair_setup();
    std::swap(setup.networks[0], setup.networks[1]);  // syn before real
    for (auto& network : setup.networks) {
      network.regimen.optimizer.name = "sgd";
      network.regimen.optimizer.learning_rate = 0.1;
    }
    setup.in_turn = in_turn;
    return setup;
  };
  const methods::Setup turns = with_rates(true), together = with_rates(false);
  const auto in_turn = make_mutual(turns), at_once = make_mutual(together);
  in_turn->step(pair_draw(0, 1), {});
  at_once->step(pair_draw(0, 1), {});
  EXPECT_EQ(largest_difference(values_of(*in_turn, "syn"), values_of(*at_once, "syn")), 0);
  EXPECT_GT(largest_difference(values_of(*in_turn, "real"), values_of(*at_once, "real")), 0);

  // A teacher that is already there and stays.
  methods::Setup there = with_rates(false);
  there.networks[0].model = together.networks[0].model;
  there.networks[0].regimen.optimizer.learning_rate = 0;
  const auto after = make_mutual(there);
  after->step(pair_draw(0, 1), {});
  EXPECT_EQ(largest_difference(values_of(*in_turn, "real"), values_of(*after, "real")), 0);
}

// Joint training of Li et al. 2020, table 1: one batch of the samples of two streams.
TEST(Mutual, JoinedStreamsAreOneBatch) {
  methods::Setup setup = setup_of(tiny_model(channels, 1, at::kDouble, "0"), "joint");
  setup.streams = {{"t", channels}, {"a", {"a1", "a2", "a3", "a4"}}};
  setup.terms = {cross_entropy_section()};
  setup.supervise = {section("supervise", "both", {{"network", "joint"}, {"stream", "t+a"}})};
  const auto joint = make_mutual(setup);
  EXPECT_EQ(joint->streams(), (std::vector<std::string>{"t", "a"}));
  methods::Setup alone = setup_of(tiny_model(channels, 1, at::kDouble, "0"));
  alone.terms = {cross_entropy_section()};
  const auto baseline = make_supervised(alone);
  const tensor::Draw draw = pair_draw(0, 7);
  tensor::Batch both = draw.at("t");
  both.input.image = at::cat({both.input.image, draw.at("a").input.image});
  both.target.classes = at::cat({both.target.classes, draw.at("a").target.classes});
  both.cases = {"one", "two"};
  EXPECT_EQ(joint->step(draw, {}).at("loss"), baseline->step({{case_stream, both}}, {}).at("loss"));
  EXPECT_EQ(largest_difference(values_of(*joint, "joint"), values_of(*baseline, "student")), 0);
  const int64_t one = models::macs_of(*student_of(setup).network, 4, {32, 32, 32});
  EXPECT_EQ(joint->macs({{"t", {{32, 32, 32}, 1}}, {"a", {{32, 32, 32}, 2}}}), 3 * 3 * one);

  tensor::Draw pool = draw;
  pool["a"].target.classes = at::Tensor();
  EXPECT_THAT([&] { joint->step(pool, {}); },
              ThrowsMessage<UsageError>(HasSubstr("stream t+a: joined streams need hard labels")));
}

void expect_refusal(const Setup& setup, const std::string& text) {
  EXPECT_THAT([&] { make_mutual(setup); }, ThrowsMessage<UsageError>(HasSubstr(text)));
}

// Both networks learn from both streams, each stream with a batch of its own; a step back costs two
// forward.
TEST(Mutual, CountsItsWorkByStream) {
  const methods::Setup setup = pair_setup();
  const int64_t one = models::macs_of(*student_of(setup).network, 4, {32, 32, 32});
  EXPECT_EQ(make_mutual(setup)->macs({{"t", {{32, 32, 32}, 1}}, {"a", {{32, 32, 64}, 3}}}),
            2 * 3 * (one + 3 * 2 * one));
}

TEST(Mutual, NamesWhatThereIsNot) {
  methods::Setup setup = pair_setup();
  setup.supervise[0].settings[0].value = "raal";
  expect_refusal(setup, "did you mean 'real'?");
  setup = pair_setup();
  setup.supervise[0].settings[1].value = "x";
  expect_refusal(setup, "unknown stream 'x', there are t, a");
  setup = pair_setup();
  setup.supervise[0].settings[1].value = "t+x";
  expect_refusal(setup, "unknown stream 'x', there are t, a");
  setup = pair_setup();
  setup.supervise[0].settings.push_back({"shapes", "1", "a.ini:7"});
  expect_refusal(setup, "shapes is of translated images, as in stream = a>t, found stream = t");
  setup = pair_setup();
  setup.distil.clear();
  setup.supervise.pop_back();
  expect_refusal(setup, "[network.syn]: nothing trains it");
  setup = pair_setup();
  setup.distil[0].settings[0].value = "real";
  expect_refusal(setup, "its own teacher");
  setup = pair_setup();
  setup.streams[1].channels = {"a1", "a2"};
  expect_refusal(setup, "stream a has 2 channels (a1,a2), network syn takes 4");
  setup = pair_setup();
  setup.terms.pop_back();
  expect_refusal(setup, "no [term.NAME] is about a teacher");
  setup = pair_setup();
  setup.candidates = {section("candidate", "e", {{"members", "real sin"}})};
  expect_refusal(setup, "did you mean 'syn'?");
  setup = pair_setup();
  setup.candidates = {section("candidate", "real", {{"members", "real syn"}})};
  expect_refusal(setup, "a network of this name");
  setup = pair_setup();
  setup.averages = {section("average", "syn", {{"network", "real"}})};
  expect_refusal(setup, "another network 'syn'");
}

}  // namespace
}  // namespace kdseg::methods

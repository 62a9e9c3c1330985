// The trained network and its adversary as the settings want them.
#include "train/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include "base/errors.h"
#include "models/catalog.h"

namespace kdseg::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::string width_in(const Section& section) {
  std::string width;
  for (const auto& s : section.settings)
    if (s.key == "width") width = s.value;
  return width;
}

TEST(SettledAdversary, KeepsItsProportionToTheNetwork) {
  LearningSettings settings;
  const Section equal{"adversary", "", "", {{"width", "32", ""}}},
      half{"adversary", "", "", {{"width", "16", ""}}}, unstated{"adversary", "", "", {}};
  EXPECT_EQ(width_in(settled_adversary(half, settings)), "16");
  settings.training.width = 8;
  EXPECT_EQ(width_in(settled_adversary(equal, settings)), "8");
  EXPECT_EQ(width_in(settled_adversary(half, settings)), "4");
  EXPECT_EQ(width_in(settled_adversary(unstated, settings)), "8");
  settings.networks = {{"network", "had-net-unet", "", {{"width", "16", ""}}}};
  EXPECT_EQ(width_in(settled_adversary(equal, settings)), "16");
  EXPECT_TRUE(settled_adversary(Section{}, settings).kind.empty());
}

TEST(NetworkSection, IsOneAtMost) {
  LearningSettings settings;
  EXPECT_EQ(network_section(settings).name, "had-net-unet");
  settings.networks = {{"network", "had-net-unet", "a.ini:1", {}},
                       {"network", "other", "a.ini:5", {}}};
  EXPECT_THAT(
      [&] { network_section(settings); },
      ThrowsMessage<UsageError>(HasSubstr("a.ini:5: [network.had-net-unet] and [network.other]")));
}

TEST(NetworkSections, HaveNamesOfTheirOwnWhereAKindTellsTheCatalogs) {
  LearningSettings settings;
  EXPECT_EQ(network_sections(settings)[0].name, "network");
  settings.networks = {{"network", "kd-net-unet", "a.ini:1", {}}};
  EXPECT_EQ(network_sections(settings, "student")[0].name, "student") << "NAME is the catalog's";
  settings.networks = {
      {"network", "real", "a.ini:1", {{"kind", "kd-net-unet", ""}, {"width", "4", ""}}},
      {"network", "syn", "a.ini:4", {{"kind", "had-net-unet", ""}}}};
  const auto sections = network_sections(settings);
  EXPECT_EQ(sections[0].name, "real");
  EXPECT_EQ(sections[0].section.name, "kd-net-unet");
  ASSERT_EQ(sections[0].section.settings.size(), 1u);
  EXPECT_EQ(sections[0].section.settings[0].key, "width");
  EXPECT_EQ(sections[1].name, "syn");
}

std::string value_in(const Section& section, const std::string& key) {
  std::string value = "open";
  for (const auto& s : section.settings)
    if (s.key == key) value = s.value;
  return value;
}

TEST(SettledNetwork, KnowsTheRunsHeadAndSizeWhereItAsksForThem) {
  Head regions, classes;
  regions.kind = Head::Kind::sigmoid;
  const std::array<int64_t, 3> size{64, 48, 32};
  const auto of = [](const char* name, std::vector<Setting> settings = {}) {
    return Section{"network", name, "a.ini:1", std::move(settings)};
  };
  EXPECT_EQ(value_in(settled_network(of("cascaded-unet"), regions, size), "head"), "regions");
  EXPECT_EQ(value_in(settled_network(of("cascaded-unet"), classes, size), "head"), "classes");
  EXPECT_EQ(value_in(settled_network(of("vae-unet"), regions, size), "image-size"), "64 48 32");
  EXPECT_EQ(value_in(settled_network(of("vae-unet", {{"image-size", "128", ""}}), regions, size),
                     "image-size"),
            "128");
  EXPECT_TRUE(settled_network(of("kd-net-unet"), regions, size).settings.empty());
  EXPECT_THAT(
      [&] {
        settled_network(of("cascaded-unet", {{"head", "classes", "a.ini:2"}}), regions, size);
      },
      ThrowsMessage<UsageError>(HasSubstr("a.ini:2: head is classes, the training's is regions")));
}

TEST(RequireSize, NamesTheCaseAndWhatTheNetworkTakes) {
  const auto network = models::make_network({"network", "had-net-unet", "", {}}, 3, 4, 4);
  EXPECT_NO_THROW(require_size(*network, {32, 48, 32}, "case A"));
  EXPECT_THAT(
      [&] {
        require_size(*network, {32, 45, 32}, "case A");
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("case A: 32x45x32"), HasSubstr("multiples of 16"))));
}

models::Model kd_net(int64_t channels, uint64_t seed) {
  models::Model model;
  model.network = models::make_network({"network", "kd-net-unet", "", {{"width", "2", ""}}},
                                       channels, 4, 0, &model.section);
  models::initialize(*model.network, seed);
  return model;
}

TEST(CopyFrozen, TakesTheTeachersPartAndNothingElse) {
  auto student = kd_net(1, 1);
  const auto teacher = kd_net(4, 2), before = kd_net(1, 1);
  copy_frozen(student, teacher, {"bott", "dec4"});
  const auto own = student.network->module().named_parameters();
  const auto start = before.network->module().named_parameters(),
             given = teacher.network->module().named_parameters();
  for (const auto& item : own) {
    const bool copied = item.key().starts_with("bott.") || item.key().starts_with("dec4.");
    EXPECT_EQ(item.value().requires_grad(), !copied);
    EXPECT_TRUE(item.value().equal((copied ? given : start)[item.key()])) << item.key();
  }
}

TEST(CopyFrozen, NamesWhatDoesNotFit) {
  auto student = kd_net(1, 1);
  const auto teacher = kd_net(4, 2);
  EXPECT_THAT([&] { copy_frozen(student, teacher, {"bot"}); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("'bot'"), HasSubstr("bott"))));
  EXPECT_THAT([&] { copy_frozen(student, teacher, {"enc1"}); },
              ThrowsMessage<DataError>(HasSubstr("enc1.conv1.conv.weight")));
}

TEST(HeadOf, RegionsAreUnionsOfClasses) {
  LearningSettings settings;
  TrainingCases cases;
  cases.classes = {{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};
  cases.regions = {{"ET", {4}}, {"TC", {1, 4}}, {"WT", {1, 2, 4}}};
  EXPECT_EQ(head_of(settings, cases).kind, Head::Kind::softmax);
  settings.head = "regions";
  EXPECT_THAT([&] { head_of(settings, cases); }, ThrowsMessage<UsageError>(HasSubstr("dice")));
  settings.terms = {{"term", "dice", "", {}}};
  const Head head = head_of(settings, cases);
  EXPECT_EQ(head.kind, Head::Kind::sigmoid);
  EXPECT_EQ(head.names, (std::vector<std::string>{"ET", "TC", "WT"}));
  EXPECT_EQ(head.classes_of, (std::vector<std::vector<int>>{{3}, {1, 3}, {1, 2, 3}}));
  EXPECT_EQ(head.codes, cases.classes.codes);
}

}  // namespace
}  // namespace kdseg::train

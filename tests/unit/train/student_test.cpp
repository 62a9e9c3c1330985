// The trained network and its adversary as the settings want them.
#include "train/student.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(RequireSize, NamesTheCaseAndWhatTheNetworkTakes) {
  const auto network = models::make_network({"network", "had-net-unet", "", {}}, 3, 4, 4);
  EXPECT_NO_THROW(require_size(*network, {32, 48, 32}, "case A"));
  EXPECT_THAT(
      [&] {
        require_size(*network, {32, 45, 32}, "case A");
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("case A: 32x45x32"), HasSubstr("multiples of 16"))));
}

}  // namespace
}  // namespace kdseg::train

// Optimizers and schedules: the run's, and those of single networks over them.
#include "train/regimen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Regimen, ANetworksSectionStandsOverTheRunsSettings) {
  LearningSettings settings;
  settings.optimizer.weight_decay = 0.5;
  settings.optimizers = {{"optimizer",
                          "real",
                          "a.ini:1",
                          {{"optimizer", "sgd", ""},
                           {"learning-rate", "0.1", ""},
                           {"step-decay-every", "28", ""},
                           {"step-decay-factor", "0.85", ""},
                           {"accumulate", "2", ""}}}};
  const auto real = regimen_of(settings, "real"), syn = regimen_of(settings, "syn");
  EXPECT_EQ(real.optimizer.name, "sgd");
  EXPECT_EQ(real.optimizer.learning_rate, 0.1);
  EXPECT_EQ(real.optimizer.weight_decay, 0.5);
  EXPECT_EQ(real.accumulate, 2);
  // Nalwade & Kisa's cascaded U-Net at epochs 0, 27, 28 and 279 of one step each.
  EXPECT_DOUBLE_EQ(0.1 * real.schedule.at(0, 280), 0.1);
  EXPECT_DOUBLE_EQ(0.1 * real.schedule.at(27, 280), 0.1);
  EXPECT_DOUBLE_EQ(0.1 * real.schedule.at(28, 280), 0.085);
  EXPECT_NEAR(0.1 * real.schedule.at(279, 280), 0.02316169, 1e-8);
  EXPECT_EQ(syn.optimizer.name, "adam");
  EXPECT_EQ(syn.optimizer.learning_rate, 2e-4) << "the usual one";
  EXPECT_EQ(syn.accumulate, 1);
}

TEST(Regimen, RefusesWhatCannotBe) {
  LearningSettings settings;
  settings.optimizer.optimizer = "sgd";
  EXPECT_THAT([&] { regimen_of(settings, ""); },
              ThrowsMessage<UsageError>(HasSubstr("sgd has no usual learning rate")));
  settings.optimizer.learning_rate = 0.1;
  EXPECT_NO_THROW(regimen_of(settings, ""));
  settings.optimizer.amsgrad = true;
  EXPECT_THAT([&] { regimen_of(settings, ""); }, ThrowsMessage<UsageError>(HasSubstr("amsgrad")));
  settings = {};
  settings.optimizer.nesterov = true;
  EXPECT_THAT([&] { regimen_of(settings, ""); }, ThrowsMessage<UsageError>(HasSubstr("nesterov")));
  settings = {};
  settings.optimizers = {{"optimizer", "raal", "a.ini:7", {}}};
  EXPECT_THAT(
      [&] {
        check_optimizer_names(settings, {"real", "syn"});
      },
      ThrowsMessage<UsageError>(AllOf(HasSubstr("a.ini:7"), HasSubstr("'real'"))));
}

}  // namespace
}  // namespace kdseg::train

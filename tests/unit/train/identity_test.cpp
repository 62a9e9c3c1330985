// Which settings make a run another run, and how a change is told.
#include "train/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kdseg::train {
namespace {

using testing::HasSubstr;

/// Settings as a program resolves them, with some changed.
Identity identity_with(const NamedValues& changed = {}) {
  NamedValues settings{{"epochs", "1"},
                       {"batch", "1"},
                       {"seed", "0"},
                       {"learning-rate", "0.0002"},
                       {"plateau", "off"},
                       {"workers", "1"},
                       {"checkpoint-every", "300"},
                       {"deadline", "0"},
                       {"history", ""},
                       {"cache", "auto"},
                       {"output", "a.h5"},
                       {"resume", "auto"},
                       {"device", "auto"},
                       {"memory-limit", "0"},
                       {"threads", "0"},
                       {"where", "split=train"},
                       {"[term.cross-entropy]", "present"},
                       {"[term.cross-entropy] decay", "0.98"},
                       {"[stream.a] where", "modality=mr"}};
  for (const auto& [name, value] : changed) {
    const auto same = std::find_if(settings.begin(), settings.end(),
                                   [&](const auto& one) { return one.first == name; });
    if (same == settings.end())
      settings.emplace_back(name, value);
    else
      same->second = value;
  }
  TrainingCases cases;
  cases.content = "abc";
  return identity_of(settings, cases, {{"recipe", ""}});
}

TEST(Identity, IgnoresWhatLeavesTheResultAsItIs) {
  const auto same = identity_with();
  const auto other = identity_with({{"workers", "7"},
                                    {"checkpoint-every", "1"},
                                    {"deadline", "10"},
                                    {"history", "h.csv"},
                                    {"cache", "none"},
                                    {"output", "other.h5"},
                                    {"resume", "never"},
                                    {"device", "cpu"},
                                    {"memory-limit", "3"},
                                    {"threads", "2"},
                                    {"where", "split=train fold!=1"},
                                    {"[stream.a] where", "modality=ct"}});
  EXPECT_EQ(same, other) << "cases count by their content";
  EXPECT_EQ(hash_of(same), hash_of(other));
  EXPECT_EQ(differences(same, other), "");
}

TEST(Identity, NamesWhatChanged) {
  const auto before = identity_with();
  const auto epochs = identity_with({{"epochs", "5"}});
  EXPECT_EQ(differences(before, epochs), "epochs was 1, is 5");
  EXPECT_NE(hash_of(before), hash_of(epochs));
  EXPECT_EQ(differences(before, identity_with({{"[term.cross-entropy] decay", "1"}})),
            "[term.cross-entropy] decay was 0.98, is 1");
  EXPECT_THAT(differences(before, identity_with({{"[augment]", "present"}})),
              HasSubstr("[augment] was not set, is present"));
}

TEST(Identity, ASettingThatNobodyListedCounts) {
  EXPECT_EQ(differences(identity_with(), identity_with({{"new-setting", "on"}})),
            "new-setting was not set, is on");
}

TEST(Identity, ManyChangesAreCounted) {
  const auto after = identity_with(
      {{"epochs", "5"}, {"batch", "2"}, {"seed", "9"}, {"learning-rate", "1"}, {"plateau", "on"}});
  EXPECT_THAT(differences(identity_with(), after), HasSubstr("; 2 more"));
}

}  // namespace
}  // namespace kdseg::train

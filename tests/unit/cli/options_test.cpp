// Flags: every kind of option, right and wrong.
#include <gmock/gmock.h>

#include "cli/options.h"
#include "unit/cli/program.h"

namespace kdseg::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error_of(const std::vector<std::string>& arguments) {
  const Outcome o = call(arguments);
  EXPECT_EQ(o.code, 2);
  EXPECT_FALSE(o.ran);
  EXPECT_THAT(o.out, IsEmpty());
  return o.err;
}

TEST(Flags, DefaultsAreTheInitialValues) {
  const Outcome o = call({});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.settings.epochs, 10);
  EXPECT_EQ(o.settings.learning_rate, 2e-4);
  EXPECT_THAT(o.settings.channels, ElementsAre("flair", "t1"));
  EXPECT_TRUE(o.settings.affine);
  EXPECT_THAT(o.settings.augment.kind, IsEmpty());
  EXPECT_THAT(o.err, IsEmpty());
}

TEST(Flags, EveryKindIsRead) {
  const Outcome o = call({"--recipe",   "a b.ini",         "--model",
                          "m1.h5",      "--model=m2.h5",   "--output",
                          "o.h5",       "--procedure",     "teacher-student",
                          "--note",     "x=y, z",          "--channels",
                          "t1,t2",      "--channels",      "flair t1ce",
                          "--where",    "split=train,val", "--where",
                          "fold!=2",    "--learning-rate", "1e-3",
                          "--epochs=7", "--seed",          "18446744073709551615",
                          "--betas",    "0.9,0.99",        "--patch",
                          "16 32 48",   "--affine",        "off",
                          "--plateau"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Settings& s = o.settings;
  EXPECT_EQ(s.recipe, "a b.ini");
  EXPECT_THAT(s.model, ElementsAre("m1.h5", "m2.h5"));
  EXPECT_EQ(s.output, "o.h5");
  EXPECT_EQ(s.procedure, "teacher-student");
  EXPECT_EQ(s.note, "x=y, z");
  EXPECT_THAT(s.channels, ElementsAre("t1", "t2", "flair", "t1ce"));
  EXPECT_THAT(s.where, ElementsAre("split=train,val", "fold!=2"));
  EXPECT_EQ(s.learning_rate, 1e-3);
  EXPECT_EQ(s.epochs, 7);
  EXPECT_EQ(s.seed, 18446744073709551615ull);
  EXPECT_THAT(s.betas, ElementsAre(0.9, 0.99));
  EXPECT_THAT(s.patch, ElementsAre(16, 32, 48));
  EXPECT_FALSE(s.affine);
  EXPECT_TRUE(s.plateau);
}

TEST(Flags, EmptyTextsAndListsCanBeGiven) {
  const Outcome o = call({"--note", "", "--channels", "", "--patch", ""});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.settings.note, IsEmpty());
  EXPECT_THAT(o.settings.channels, IsEmpty());
  EXPECT_THAT(o.settings.patch, IsEmpty());
}

TEST(Flags, UnknownOnesNameTheNearest) {
  EXPECT_EQ(error_of({"--epoch", "3"}),
            "distill: error: unknown option '--epoch'; did you mean '--epochs'?\n");
  EXPECT_THAT(error_of({"--epo=3"}), HasSubstr("'--epo'"));  // no guessing
  EXPECT_THAT(error_of({"--xyzzyxyzzy"}), HasSubstr("--help lists the options"));
  EXPECT_THAT(error_of({"--cofnig", "a"}), HasSubstr("did you mean '--config'?"));
}

TEST(Flags, MissingAndStrayWords) {
  EXPECT_EQ(error_of({"--epochs"}), "distill: error: --epochs needs a value\n");
  EXPECT_EQ(error_of({"--epochs="}), "distill: error: --epochs needs a value\n");
  EXPECT_EQ(error_of({"--output", "--force"}),
            "distill: error: --output needs a value, found '--force'\n");
  EXPECT_THAT(error_of({"--output=--force"}), HasSubstr("--output needs a value"));
  EXPECT_THAT(error_of({"--config", "--force"}), HasSubstr("--config needs a value"));
  EXPECT_THAT(error_of({"--channels", "t1", "t2"}),
              HasSubstr("unexpected argument 't2' after --channels; a list is one word"));
  EXPECT_THAT(error_of({"case.h5"}), HasSubstr("unexpected argument 'case.h5'"));
  EXPECT_THAT(error_of({"-f"}), HasSubstr("unexpected argument '-f'"));
  EXPECT_THAT(error_of({"--", "x"}), HasSubstr("unexpected argument"));
  EXPECT_THAT(error_of({""}), HasSubstr("unexpected argument ''"));
  EXPECT_EQ(error_of({"--epochs", "3", "--epochs", "4"}),
            "distill: error: --epochs is given twice\n");
}

TEST(Flags, WrongValuesSayWhatIsExpected) {
  EXPECT_EQ(error_of({"--epochs", "3.5"}),
            "distill: error: --epochs is '3.5', expected a whole number, at least 1\n");
  EXPECT_EQ(error_of({"--epochs", "0"}), "distill: error: --epochs is 0, expected at least 1\n");
  EXPECT_EQ(error_of({"--epochs", "-2"}), "distill: error: --epochs is -2, expected at least 1\n");
  EXPECT_EQ(error_of({"--learning-rate", "2"}),
            "distill: error: --learning-rate is 2, expected 0 to 1\n");
  for (const char* text : {"nan", "inf", "1e", "0x1", " ", "1,5", "9e999"})
    EXPECT_THAT(error_of({"--learning-rate", text}), HasSubstr("expected a number, 0 to 1"));
  EXPECT_THAT(error_of({"--epochs", "99999999999999999999"}), HasSubstr("whole number"));
  EXPECT_THAT(error_of({"--seed", "-1"}), HasSubstr("expected a whole number from 0"));
  EXPECT_THAT(error_of({"--seed", "18446744073709551616"}), HasSubstr("whole number from 0"));
  EXPECT_EQ(error_of({"--procedure", "distil"}),
            "distill: error: --procedure is 'distil', expected one of supervised, "
            "teacher-student\n");
  EXPECT_EQ(error_of({"--affine", "yes"}),
            "distill: error: --affine is 'yes', expected one of on, off\n");
  EXPECT_EQ(error_of({"--betas", "0.5"}), "distill: error: --betas holds 1 of 2 numbers\n");
  EXPECT_THAT(error_of({"--betas", "0.5,1.5"}), HasSubstr("--betas is 1.5"));
  EXPECT_EQ(error_of({"--patch", "1,2,3,4"}), "distill: error: --patch holds 4 of 3 numbers\n");
}

TEST(Flags, RequiredOnesMustBeGiven) {
  const auto declare = [](Options& add, Settings& s) {
    declare_all(add, s);
    add.required("output");
    add.required("model");
  };
  const Outcome none = call({}, {}, declare);
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err, "distill: error: --model, --output are required; see --help\n");
  EXPECT_EQ(call({"--output", "", "--model", "m"}, {}, declare).code, 2);
  EXPECT_EQ(call({"--output", "o", "--model", "m"}, {}, declare).code, 0);
  EXPECT_EQ(call({"--print-config"}, {}, declare).code, 0);
}

TEST(Flags, DeclaringTwiceIsAProgrammingError) {
  Options add;
  std::string field;
  add.text("note", field, "");
  EXPECT_THROW(add.text("note", field, ""), std::logic_error);
  EXPECT_THROW(add.required("other"), std::logic_error);
}

}  // namespace
}  // namespace kdseg::cli

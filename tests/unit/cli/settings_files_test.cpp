// Settings files: precedence, sections, paths, and the resolved settings that replay a run.
#include <gmock/gmock.h>

#include "unit/cli/program.h"

namespace kdseg::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string error_of(const std::string& text) {
  const Folder folder;
  const Outcome o = call({"--config", folder.write("a.ini", text)});
  EXPECT_EQ(o.code, 2) << text;
  const auto at = o.err.find("a.ini");
  return at == std::string::npos ? o.err : o.err.substr(at);
}

TEST(SettingsFiles, DefaultsThenFilesThenFlags) {
  const Folder folder;
  const auto first = folder.write("1.ini", "epochs = 1\nseed = 1\nnote = first\naffine = off\n");
  const auto second = folder.write("2.ini", "seed = 2\nnote = second\n");
  const Outcome o = call({"--note", "flag", "--config", first, "--config", second});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.settings.epochs, 1);
  EXPECT_EQ(o.settings.seed, 2u);
  EXPECT_EQ(o.settings.note, "flag");
  EXPECT_FALSE(o.settings.affine);
  EXPECT_EQ(o.settings.learning_rate, 2e-4);
}

TEST(SettingsFiles, FlagsReplaceListsInsteadOfAddingToThem) {
  const Folder folder;
  const auto file = folder.write("a.ini", "channels = t1 t2\nwhere = split=train \"site=a b\"\n");
  EXPECT_THAT(call({"--config", file}).settings.where, ElementsAre("split=train", "site=a b"));
  const Outcome o = call({"--config", file, "--channels", "flair", "--where", "fold=1"});
  EXPECT_THAT(o.settings.channels, ElementsAre("flair"));
  EXPECT_THAT(o.settings.where, ElementsAre("fold=1"));
}

TEST(SettingsFiles, InputsAreBesideTheFileOutputsAreNot) {
  const Folder folder;
  const auto file = folder.write(
      "deep/a.ini", "recipe = recipe.ini\nmodel = ../m.h5 /abs/n.h5\noutput = out.h5\n");
  const Outcome o = call({"--config", file});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.settings.recipe, folder / "deep/recipe.ini");
  EXPECT_THAT(o.settings.model, ElementsAre(folder / "m.h5", "/abs/n.h5"));
  EXPECT_EQ(o.settings.output, "out.h5");
  EXPECT_EQ(call({"--config", file, "--recipe", "mine.ini"}).settings.recipe, "mine.ini");
}

TEST(SettingsFiles, OneSectionPerProgram) {
  const Folder folder;
  const auto scale = folder.write("scale.ini",
                                  "[pretrain]\nepochs = 100\nunknown-there = 1\n"
                                  "[pretrain/term.whatever]\nx = 1\n[phantom]\n"
                                  "[distill]\nepochs = 3\n[distill/term.dice]\nsmooth = 1\n");
  const Outcome o = call({"--config", scale});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.settings.epochs, 3);
  ASSERT_EQ(o.settings.terms.size(), 1u);
  EXPECT_EQ(o.settings.terms[0].name, "dice");
}

TEST(SettingsFiles, RowsKeepTheirOrderAndMergeByKey) {
  const Folder folder;
  const auto first = folder.write(
      "1.ini", "[term.dice]\nweight = 1\nsmooth = 2\n[term.cross-entropy:teacher]\n[augment]\n");
  const auto second =
      folder.write("2.ini", "[distill/term.dice]\nsmooth = 5 # new\n[term.cross-entropy]\n");
  const Outcome o = call({"--config", first, "--config", second});
  ASSERT_EQ(o.code, 0) << o.err;
  const auto& terms = o.settings.terms;
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_EQ(terms[0].name, "dice");
  ASSERT_EQ(terms[0].settings.size(), 2u);
  EXPECT_EQ(terms[0].settings[0].value, "1");
  EXPECT_EQ(terms[0].settings[1].value, "5");
  EXPECT_EQ(terms[0].settings[1].where, second + ":2");
  EXPECT_EQ(terms[1].name, "cross-entropy:teacher");
  EXPECT_EQ(terms[1].where, first + ":4");
  EXPECT_EQ(terms[2].name, "cross-entropy");
  EXPECT_EQ(o.settings.augment.kind, "augment");  // empty, yet present
  EXPECT_THAT(o.settings.adversary.kind, IsEmpty());
}

TEST(SettingsFiles, WrongKeysNameFileLineAndTheNearest) {
  EXPECT_EQ(error_of("seed = 1\nepoch = 8\n"),
            "a.ini:2: unknown key 'epoch'; did you mean 'epochs'?\n");
  EXPECT_EQ(error_of("[distill]\nlearning_rate = 1\n"),
            "a.ini:2: unknown key 'learning_rate'; did you mean 'learning-rate'?\n");
  EXPECT_THAT(error_of("force = on\n"), HasSubstr("a.ini:1: force is a flag (--force)"));
  EXPECT_THAT(error_of("config = b.ini\n"), HasSubstr("a.ini:1: config is a flag"));
  EXPECT_EQ(error_of("epochs = eight\n"),
            "a.ini:1: epochs is 'eight', expected a whole number, at least 1\n");
  EXPECT_EQ(error_of("\nbetas = 0.5\n"), "a.ini:2: betas holds 1 of 2 numbers\n");
  EXPECT_EQ(error_of("affine = true\n"), "a.ini:1: affine is 'true', expected one of on, off\n");
  EXPECT_EQ(error_of("epochs = 1\nepochs = 2\n"), "a.ini:2: epochs is given already in line 1\n");
}

TEST(SettingsFiles, WrongValuesAreFoundAlsoWhereAFlagReplacesThem) {
  const Folder folder;
  EXPECT_EQ(call({"--epochs", "3", "--config", folder.write("a.ini", "epochs = x\n")}).code, 2);
}

TEST(SettingsFiles, WrongSectionsNameFileLineAndTheNearest) {
  EXPECT_EQ(error_of("[term.dicee]\n"), "a.ini:1: unknown term 'dicee'; did you mean 'dice'?\n");
  EXPECT_THAT(error_of("[trem.dice]\n"),
              HasSubstr("a.ini:1: unknown section [trem.dice]; did you mean 'term'?"));
  EXPECT_THAT(error_of("[distil]\n"), HasSubstr("did you mean 'distill'?"));
  EXPECT_THAT(error_of("[distil/term.dice]\n"), HasSubstr("did you mean 'distill'?"));
  EXPECT_THAT(error_of("[distill/trem.dice]\n"), HasSubstr("did you mean 'term'?"));
  EXPECT_THAT(error_of("[term]\n"), HasSubstr("needs a name: [term.NAME]"));
  EXPECT_THAT(error_of("[augment.x]\n"), HasSubstr("takes no name; write [augment]"));
  EXPECT_THAT(error_of("[qqqqqqqqqqqqqqqqqq]\n"), HasSubstr("known: term, augment, network"));
}

TEST(SettingsFiles, DeclaredRowsHaveTheirKeysChecked) {
  EXPECT_EQ(error_of("[network.unet]\nwdith = 8\n"),
            "a.ini:2: unknown key 'wdith' in [network.unet]; did you mean 'width'?\n");
  EXPECT_EQ(error_of("[adversary]\nweight = 11\n"), "a.ini:2: weight is 11, expected 0 to 10\n");
  EXPECT_THAT(error_of("[network.vnet]\n"), HasSubstr("did you mean 'unet'?"));
}

TEST(SettingsFiles, MissingFile) {
  const Outcome o = call({"--config", "/nowhere/a.ini"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.err,
            "distill: error: /nowhere/a.ini: cannot be read: No such file or directory (a settings "
            "file is expected)\n");
}

TEST(PrintConfig, ReplaysTheRun) {
  const Folder folder;
  const auto file = folder.write(
      "a.ini",
      "recipe = r.ini\nlearning-rate = 0.1\nwhere = a=1 \"b=2 3\"\nnote = \"# odd\"\n"
      "[term.dice:x]\nsmooth = 0.30000000000000004\n[network.unet]\nwidth = 4\n[augment]\n");
  const Outcome first = call({"--config", file, "--betas", "0.1,0.30000000000000004", "--seed",
                              "18446744073709551615", "--affine", "off", "--print-config"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_FALSE(first.ran);
  EXPECT_THAT(first.err, IsEmpty());
  EXPECT_THAT(first.out, HasSubstr("betas = 0.1 0.30000000000000004\n"));
  EXPECT_THAT(first.out, HasSubstr("seed = 18446744073709551615\n"));
  EXPECT_THAT(first.out, HasSubstr("recipe = " + folder / "r.ini" + "\n"));
  EXPECT_THAT(first.out, HasSubstr("\n[augment]\n"));
  EXPECT_THAT(first.out, HasSubstr("\n[network.unet]\nwidth = 4\ndropout = 0.2\n"));
  EXPECT_THAT(first.out, Not(HasSubstr("force")));
  EXPECT_THAT(first.out, Not(HasSubstr("[adversary]")));

  const auto replay = folder.write("elsewhere/b.ini", first.out);
  const Outcome second = call({"--config", replay, "--print-config"});
  EXPECT_EQ(second.out, first.out) << second.err;
  const Outcome run = call({"--config", replay});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.settings.where, ElementsAre("a=1", "b=2 3"));
  EXPECT_THAT(run.settings.betas, ElementsAre(0.1, 0.30000000000000004));
  EXPECT_EQ(run.settings.note, "# odd");
  EXPECT_EQ(run.settings.terms.at(0).settings.at(0).value, "0.30000000000000004");
}

TEST(PrintConfig, ChecksButOpensNothing) {
  const Folder folder;
  const auto good = folder.write("a.ini", "recipe = missing.ini\n");
  EXPECT_EQ(call({"--config", good, "--log-file", folder / "log", "--print-config"}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "log"));
  EXPECT_EQ(call({"--config", folder.write("b.ini", "epochs = 0\n"), "--print-config"}).code, 2);
}

}  // namespace
}  // namespace kdseg::cli

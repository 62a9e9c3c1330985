// Exit codes, the pages for people and scripts, provenance, outputs.
#include <gmock/gmock.h>

#include <csignal>
#include <new>
#include <regex>
#include <sstream>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/shared_options.h"
#include "unit/cli/program.h"

namespace kdseg::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Outcome failing(const std::function<void()>& work) {
  return call({}, [&](Context&) { work(); });
}

TEST(RunTool, MapsExceptionsToExitCodes) {
  EXPECT_EQ(failing([] { throw RunError("disk full"); }).code, 1);
  EXPECT_EQ(failing([] { throw UsageError("combination"); }).code, 2);
  EXPECT_EQ(failing([] { throw DataError("case A: truncated"); }).code, 3);
  EXPECT_EQ(failing([] { throw Stopped("state saved"); }).code, 75);
  EXPECT_EQ(failing([] { throw std::runtime_error("other"); }).code, 1);
  EXPECT_EQ(failing([] { throw 5; }).code, 1);
  EXPECT_EQ(failing([] {}).code, 0);
}

TEST(RunTool, ErrorsAreOneLine) {
  EXPECT_EQ(failing([] { throw DataError("case A: {} channels\nexpected 4", 3); }).err,
            "distill: error: case A: 3 channels expected 4\n");
  EXPECT_EQ(failing([] { throw std::runtime_error("shape mismatch\n#0 frame\n#1 frame"); }).err,
            "distill: error: shape mismatch\n");
  EXPECT_EQ(failing([] { throw Stopped("state saved"); }).err, "distill: warning: state saved\n");
}

TEST(RunTool, LackOfMemoryNamesWhatToLower) {
  const Outcome o = failing([] { throw std::bad_alloc(); });
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("out of memory; lower --patch"));
  EXPECT_THAT(failing([] { throw std::runtime_error("CUDA out of memory. Tried\nx"); }).err,
              HasSubstr("lower --patch"));
}

TEST(RunTool, FileSystemErrorsNameThePath) {
  const Outcome o = failing([] { std::filesystem::create_directory("/proc/none/at-all"); });
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("distill: error: /proc/none/at-all: No such file"));
}

TEST(RunTool, QuietSuccessLeavesStderrEmpty) {
  const auto chat = [](Context& c) {
    log::info("said");
    log::debug("detail");
    if (c.quiet()) log::warning("warned");
  };
  EXPECT_EQ(call({}, chat).err, "distill: info: said\n");
  EXPECT_EQ(call({"--verbose"}, chat).err, "distill: info: said\ndistill: debug: detail\n");
  EXPECT_EQ(call({"--quiet"}, chat).err, "distill: warning: warned\n");
  EXPECT_EQ(call({"--quiet", "--verbose"}, chat).code, 2);
}

TEST(RunTool, LogFile) {
  const Folder folder;
  call({"--quiet", "--log-file", folder / "log"}, [](Context&) {
    log::info("said");
    throw DataError("bad case");
  });
  std::stringstream text;
  text << std::ifstream(folder / "log").rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("distill: info: said"));
  EXPECT_THAT(text.str(), HasSubstr("distill: error: bad case"));
  EXPECT_EQ(call({"--log-file", "/proc/none/log"}).code, 1);
}

TEST(RunTool, ThreadsAreWhatTheProcessMayUse) {
  int asked = 0, all = 0;
  call({"--threads", "1"}, [&](Context& c) { asked = c.threads(); });
  call({}, [&](Context& c) { all = c.threads(); });
  EXPECT_EQ(asked, 1);
  EXPECT_GE(all, 1);
  EXPECT_EQ(call({"--threads", "-1"}).code, 2);
}

int stopped_by_a_signal() {
  std::string name = "distill";
  char* argv[] = {name.data()};
  return detail::run_tool(
      1, argv, {"distill", "s", "d", {}, {}}, [](Options&) {},
      [](Context&) {
        std::raise(SIGTERM);
        throw_if_stopped();
      });
}

TEST(RunTool, StopSignalsSetTheFlag) {
  EXPECT_EXIT(std::_Exit(stopped_by_a_signal()), testing::ExitedWithCode(75), "");
}

struct NoSettings {};

void claims_and_writes(const NoSettings&, Context& context) {
  context.claim_outputs({"left.csv"});
  std::ofstream("left.csv") << "1\n";
  std::fputs("a result\n", stdout);
  std::atexit([] { std::fputs("a library cleans up", stderr); });
}

void program_that_leaves() {
  std::string name = "distill";
  char* argv[] = {name.data()};
  const Manual manual{"distill", "s", "d", {}, {}};
  std::freopen("said", "w", stdout);
  run_tool<NoSettings>(
      1, argv, manual, [](Options&, NoSettings&) {}, claims_and_writes);
}

TEST(RunTool, AProgramEndsRightBehindItsLastMark) {
  const Folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / ".");
  EXPECT_EXIT(program_that_leaves(), testing::ExitedWithCode(0), "^$");
  std::filesystem::current_path(before);
  std::stringstream said;
  said << std::ifstream(folder / "said").rdbuf();
  EXPECT_EQ(said.str(), "a result\n");
  EXPECT_TRUE(std::filesystem::exists(folder / "left.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder / ".left.csv.unfinished"));
}

int help_on_a_full_disk() {
  if (!std::freopen("/dev/full", "w", stdout)) return 9;
  std::string name = "distill", flag = "--help";
  char* argv[] = {name.data(), flag.data()};
  return detail::run_tool(
      2, argv, {"distill", "s", "d", {}, {}}, [](Options&) {}, [](Context&) {});
}

TEST(RunTool, AFullDiskBehindStdoutIsAnError) {
  EXPECT_EXIT(std::_Exit(help_on_a_full_disk()), testing::ExitedWithCode(1),
              "distill: error: writing to standard output failed");
}

TEST(ClaimOutput, RefusesWhatExistsUnlessForced) {
  const Folder folder;
  const auto old = folder.write("old.h5", "x");
  const auto claim = [&](const std::string& path) {
    return [path](Context& c) { c.claim_outputs({path}); };
  };
  const Outcome refused = call({}, claim(old));
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.err, "distill: error: " + old + " exists; --force replaces it\n");
  EXPECT_EQ(call({"--force"}, claim(old)).code, 0);
  EXPECT_EQ(call({}, claim(folder / "new/deep/file.h5")).code, 0);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "new/deep"));
  EXPECT_FALSE(std::filesystem::exists(folder / "new/deep/file.h5"));
  EXPECT_EQ(call({"--force"}, claim(folder / "new")).code, 2);
  EXPECT_EQ(call({}, claim(old + "/below.h5")).code, 2);
  EXPECT_EQ(call({}, claim("/dev/null")).code, 0);
  EXPECT_EQ(call({}, claim("")).code, 0);
}

TEST(Provenance, HoldsBaseNamesUnlessPathsAreAskedFor) {
  const std::vector<std::string> arguments{"--model", "/data/patients/m 1.h5", "--where",
                                           "image=/data/patients/x.nii", "--output=/tmp/o.h5"};
  const Provenance p = call(arguments).provenance;
  EXPECT_EQ(p.program, "distill");
  EXPECT_TRUE(std::regex_match(p.version, std::regex(R"(\d+\.\d+\.\d+)"))) << p.version;
  EXPECT_FALSE(p.commit.empty());
  EXPECT_EQ(p.command_line, "distill --model 'm 1.h5' --where image=x.nii --output=o.h5");
  EXPECT_THAT(p.settings_ini, HasSubstr("model = \"m 1.h5\"\n"));
  EXPECT_THAT(p.settings_ini, HasSubstr("output = o.h5\n"));
  EXPECT_THAT(p.settings_ini, Not(HasSubstr("patients")));
  EXPECT_FALSE(p.record_paths);
  EXPECT_TRUE(std::regex_match(p.started, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")));

  auto full = arguments;
  full.push_back("--record-paths");
  const Provenance q = call(full).provenance;
  EXPECT_THAT(q.command_line, HasSubstr("/data/patients/m 1.h5"));
  EXPECT_THAT(q.settings_ini, HasSubstr("/data/patients/x.nii"));
  EXPECT_TRUE(q.record_paths);
}

TEST(Help, SaysWhatAUserNeeds) {
  const Outcome o = call({"--nonsense", "--help"});  // help also beside wrong flags
  ASSERT_EQ(o.code, 0);
  EXPECT_THAT(o.err, IsEmpty());
  for (const char* part : {"distill: train a student",
                           "SYNOPSIS",
                           "DESCRIPTION",
                           "FILES",
                           "TRAINING",
                           "EVERY PROGRAM",
                           "EXAMPLES",
                           "distill --output student.h5",
                           "CITATIONS",
                           "HAD-Net",
                           "EXIT CODES",
                           "--learning-rate NUMBER",
                           "0 to 1; default 0.0002",
                           "supervised, teacher-student",
                           "default flair t1",
                           "[term.NAME]",
                           "cross-entropy",
                           "base width (1 to 512; default 32)",
                           "--threads",
                           "75  "})
    EXPECT_THAT(o.out, HasSubstr(part));
  for (const auto& line : split(o.out, '\n')) {
    EXPECT_LE(line.size(), 100u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(Help, AHeadingThatComesBackContinuesTheFirst) {
  std::string a, b, c;
  const Outcome o = call({"--help"}, {}, [&](Options& add, Settings&) {
    add.group("Files");
    add.text("first", a, "1");
    add.group("Other");
    add.text("second", b, "2");
    add.group("Files");
    add.text("third", c, "3");
  });
  const auto place = [&](const char* text) { return o.out.find(text); };
  EXPECT_LT(place("--first"), place("--third"));
  EXPECT_LT(place("--third"), place("OTHER"));
  EXPECT_EQ(o.out.find("\nFILES", place("\nFILES") + 1), std::string::npos);
}

TEST(Help, VersionIsOneLine) {
  const Outcome o = call({"--version"});
  EXPECT_EQ(o.code, 0);
  EXPECT_TRUE(std::regex_match(
      o.out, std::regex(R"(distill \(kdseg\) \d+\.\d+\.\d+, commit [0-9a-z-]+\n)")))
      << o.out;
}

TEST(Help, ListOfOptionsIsForScripts) {
  const Outcome o = call({"--list-options"});
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(o.out, HasSubstr("learning-rate\tnumber\t0.0002\t0 to 1\toptional\tstep size\n"));
  EXPECT_THAT(o.out, HasSubstr("[term.NAME]\tsection\t\tcross-entropy|dice\toptional\t"));
  EXPECT_THAT(o.out, HasSubstr("[network.unet] width\tinteger\t32\t1 to 512\toptional\t"));
  for (const auto& line : split(o.out, '\n'))
    if (!line.empty()) {
      EXPECT_EQ(split(line, '\t').size(), 6u) << line;
    }
}

TEST(SharedOptions, ReachTheirFields) {
  TrainingSettings training;
  TensorSettings tensor;
  const Outcome o = call({"--cases",
                          "c.tsv",
                          "--where",
                          "split=train",
                          "--case",
                          "A,B",
                          "--limit",
                          "4",
                          "--validate",
                          "split=val",
                          "--output",
                          "o.h5",
                          "--run-dir",
                          "r",
                          "--resume",
                          "never",
                          "--checkpoint-every",
                          "60",
                          "--deadline",
                          "3600",
                          "--history",
                          "h.csv",
                          "--init",
                          "i.h5",
                          "--workers",
                          "2",
                          "--width",
                          "8",
                          "--cache",
                          "ram",
                          "--recipe",
                          "r.ini",
                          "--channels",
                          "flair,t1",
                          "--epochs",
                          "5",
                          "--batch",
                          "2",
                          "--patch",
                          "16,16,16",
                          "--device",
                          "cuda:1",
                          "--precision",
                          "bf16",
                          "--deterministic",
                          "--seed",
                          "9",
                          "--memory-limit",
                          "7.5",
                          "--describe"},
                         {}, [&](Options& add, Settings&) {
                           declare_training(add, training);
                           declare_tensor(add, tensor);
                         });
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(training.training.cases, "c.tsv");
  EXPECT_EQ(training.training.ids, std::vector<std::string>{"A,B"})
      << "an id or a list: the sheet knows";
  EXPECT_EQ(training.training.limit, 4);
  EXPECT_EQ(training.validate, std::vector<std::string>{"split=val"});
  EXPECT_EQ(training.resume, "never");
  EXPECT_EQ(training.checkpoint_every_s, 60);
  EXPECT_EQ(training.deadline_s, 3600);
  EXPECT_EQ(training.width, 8);
  EXPECT_EQ(training.patch, (std::vector<int64_t>{16, 16, 16}));
  EXPECT_EQ(tensor.device, "cuda:1");
  EXPECT_EQ(tensor.precision, "bf16");
  EXPECT_TRUE(tensor.deterministic && tensor.describe);
  EXPECT_EQ(tensor.memory_limit_gib, 7.5);
  const auto wrong = [&](std::vector<std::string> flags) {
    return call(std::move(flags), {},
                [&](Options& add, Settings&) {
                  declare_training(add, training);
                  declare_tensor(add, tensor);
                })
        .code;
  };
  EXPECT_EQ(wrong({"--batch", "0"}), 2);
  EXPECT_EQ(wrong({"--patch", "16,16"}), 2);
  EXPECT_EQ(wrong({"--precision", "fp8"}), 2);
}

}  // namespace
}  // namespace kdseg::cli

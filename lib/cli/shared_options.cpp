#include "cli/shared_options.h"

namespace kdseg::cli {

void declare_case_selection(Options& add, CaseSelection& s) {
  add.group("Case selection");
  add.input("cases", s.cases, "sheet of cases (cases.tsv)");
  add.entries("where", s.where,
              "keep cases with COLUMN=VALUE; a comma means or, != means not: split=train,val "
              "fold!=2; several conditions must all hold");
  add.entries("case", s.ids, "keep this case");
  add.integer("limit", s.limit, "keep the first N of the selected cases; 0 keeps all", {.low = 0});
}

void declare_reading(Options& add, bool& ignore_geometry, std::string& nan) {
  add.toggle("ignore-geometry", ignore_geometry,
             "lay the arrays of a case over each other as they are, although their headers say "
             "other places; the volume says so");
  add.choice("nan", nan,
             "NaN voxels: refuse, or zero (they are background; counted, and refused inside a "
             "label)",
             {"refuse", "zero"});
}

void declare_tensor(Options& add, TensorSettings& s, Computes what) {
  const bool trains = what == Computes::trainings;
  add.group("Computation");
  add.text("device", s.device, "auto, cpu, cuda or cuda:N; auto takes a GPU where there is one");
  std::vector<std::string> precisions{"fp32", "tf32", "bf16"};
  if (!trains) precisions.emplace_back("fp16");
  add.choice("precision", s.precision,
             "arithmetic of convolutions; norms and losses are always fp32", precisions);
  add.toggle("deterministic", s.deterministic,
             "only algorithms that give equal results in every run; slower on a GPU");
  add.seed("seed", s.seed, "seed of every random number");
  add.number("memory-limit", s.memory_limit_gib,
             trains ? "refuse a training whose iterations need more, as --describe measures them; "
                      "--cache auto keeps cases in up to half of it; GiB, 0 sets none"
                    : "refuse a pass over a whole volume that needs more, as --describe measures "
                      "it; GiB, 0 sets none",
             {.low = 0});
  add.toggle("describe", s.describe,
             "print networks, parameters, work per iteration and memory, then stop");
}

void declare_training(Options& add, TrainingSettings& s, Trains what) {
  const bool networks = what == Trains::networks;
  declare_case_selection(add, s.training);
  if (networks)
    add.entries("validate", s.validate, "cases of the same sheet to validate on, as in --where");
  add.group("Files");
  add.output("output", s.output, "checkpoint to write");
  if (networks) {
    add.input("init", s.init, "checkpoint whose parameters the training starts from");
    add.text("init-network", s.init_network, "which network of --init; none: the only one");
  }
  add.input("recipe", s.recipe,
            "how source volumes are prepared (INI); none: the volumes are used as they are");
  add.output("run-dir", s.run_dir, "folder of the saved state; none: OUTPUT.run");
  add.output("history", s.history,
             "CSV of losses, scores and times; none: history.csv in the run folder");
  add.group("Training");
  if (networks)
    add.texts("channels", s.channels, "channels in this order; none: all of the volumes");
  add.integer("epochs", s.epochs, "passes over the training cases", {.low = 1});
  add.integer("epoch-iterations", s.epoch_iterations,
              "iterations of an epoch; 0: a pass over one stream", {.low = 0});
  add.text("epoch-of", s.epoch_of, "the stream whose passes are epochs; none: the first");
  if (networks)
    add.text(
        "predict-on", s.predict_on,
        "the stream whose channels and recipe the finished network has, and whose cases validate; "
        "none: the first");
  add.integer("batch", s.batch, "cases per iteration", {.low = 1});
  if (networks) {
    add.integers("patch", s.patch,
                 "size of the training patches, x y z voxels; none: whole volumes", {.low = 1}, 3);
    add.integer("width", s.width, "base width of the network; 0: as in its section", {.low = 0});
  }
  add.group("Running");
  add.choice("resume", s.resume, "auto continues from the run folder, never starts afresh",
             {"auto", "never"});
  add.toggle("continue", s.prolong,
             "go on from the last state of a finished training with more --epochs, to what so many "
             "from the start would give; refused where the schedule counts on the whole training. "
             "--force starts over");
  add.number("checkpoint-every", s.checkpoint_every_s,
             "seconds between saved states within an epoch", {.low = 0});
  add.number("deadline", s.deadline_s,
             "seconds after which the run saves its state and stops with code 75; 0: never",
             {.low = 0});
  add.integer("workers", s.workers, "threads that load cases ahead", {.low = 0});
  add.choice("cache", s.cache, "keep decoded cases in memory; auto: while they fit",
             {"auto", "ram", "none"});
  add.toggle("stage", s.stage,
             "copy the cases to a folder in $TMPDIR first, each copy verified by its SHA-256, and "
             "read them from there: for disks that are slow or shared, where memory does not hold "
             "all cases");
}

}  // namespace kdseg::cli

#include "train/run.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/read_file.h"
#include "data/stage.h"
#include "methods/finite_report.h"
#include "methods/single_network.h"
#include "tensor/device.h"
#include "tensor/threads.h"
#include "train/assembly.h"
#include "train/class_weights.h"
#include "train/describe.h"
#include "train/panels.h"
#include "train/prolong.h"
#include "train/result.h"
#include "train/run_folder.h"
#include "train/setting_checks.h"
#include "train/translation.h"

namespace kdseg::train {
namespace {

/// One run, step by step; members in the order in which they come to be.
class Run {
 public:
  Run(const LearningSettings& settings, const Procedure& procedure, const RunContext& context)
      : s_(settings),
        procedure_(procedure),
        context_(context),
        device_(tensor::configure(settings.tensor, context.threads)),
        cases_(open_cases(settings, context.threads)) {
    const bool known =
        !procedure.teacher.empty() || (translates(procedure) && !translator_file(settings).empty());
    for (const auto& part : cases_.streams) check_recipe(part, known);
    frozen_ = open_frozen(settings, procedure, cases_, device_);
    for (const auto& part : cases_.streams) loaded_channels(settings, part, frozen_);
  }

  void describe() {
    assemble({});
    const std::string text =
        describe_run(assembly_->method(), procedure_.name, assembly_->setup(), describe_streams());
    std::fputs(text.c_str(), stdout);
  }

  void train() {
    if (s_.training.stage) data::Stage::remove_left_over();
    folder_.emplace(s_.training, identity(), cases_.files, context_.provenance.version);
    if (folder_->written_again()) return;
    const auto saved = folder_->state_to_continue();
    if (!saved) say_if_starting_over();
    if (s_.training.stage) stage();
    try {
      assemble(saved);
      require_the_same_course();
      if (s_.tensor.memory_limit_gib > 0) {
        require_memory();
        assemble(saved);  // measuring has trained the former networks
      }
      loop(saved);
    } catch (const DataError& e) {
      folder_->mark_failed(3, e.what());
      throw;
    } catch (const methods::NonFinite& e) {
      folder_->mark_failed(1, e.what());
      throw;
    }
  }

 private:
  /// Files that settings name, whose content decides the result.
  std::vector<std::pair<std::string, std::string>> named_files() const {
    std::vector<std::pair<std::string, std::string>> files{{"recipe", s_.training.recipe},
                                                           {"init", s_.training.init}};
    for (const auto& part : cases_.streams)
      if (part.stream.recipe != s_.training.recipe)
        files.emplace_back("[stream." + part.stream.name + "] recipe", part.stream.recipe);
    for (size_t i = 0; i < frozen_.files.size(); ++i)
      files.emplace_back(frozen_.networks[i].name, frozen_.files[i]);
    if (frozen_.translator) files.emplace_back("translator", frozen_.translator->file);
    return files;
  }

  Identity identity() const { return identity_of(context_.settings, cases_, named_files()); }

  void say_if_starting_over() const {
    if (path_exists(s_.training.output))
      log::warning(
          "{} exists: this training starts over and replaces it; --init {} would go on from its "
          "parameters, --continue in place of --force from its last state, to what so many epochs "
          "from the start give",
          s_.training.output, s_.training.output);
  }

  /// A longer training must give what it would have given from the start.
  void require_the_same_course() {
    if (!folder_->prolonged_from()) return;
    const auto fault =
        fault_of_prolonging({*folder_->prolonged_from(), s_.training.epochs,
                             assembly_->iterations_per_epoch(), s_.selection.validate_every},
                            assembly_->setup(), context_.settings);
    if (!fault.empty())
      throw UsageError(
          "--continue: the finished training cannot go on to what {} epochs from the start would "
          "give: {}; --force trains from the start, --init goes on from its parameters",
          s_.training.epochs, fault);
  }

  void stage() {
    std::vector<cohort::Row*> rows;
    for (auto& part : cases_.streams)
      for (auto* some : {&part.training, &part.validation})
        for (auto& row : *some) rows.push_back(&row);
    stage_.emplace();
    const int64_t bytes = stage_->copy(rows, context_.threads);
    log::info("{} volumes, {:.2f} GiB, copied to {}", rows.size(),
              static_cast<double>(bytes) / (1024.0 * 1024 * 1024), stage_->folder());
  }

  void assemble(const std::optional<io::Tree>& saved) {
    assembly_.emplace(s_, procedure_, cases_, frozen_, device_, context_.threads, saved);
  }

  void require_memory() {
    const auto needed =
        memory_of(assembly_->method(), procedure_.name, assembly_->setup(), describe_streams());
    if (needed.total() > s_.tensor.memory_limit_gib)
      throw RunError(
          "an iteration needs about {:.2f} GiB (parameters {:.2f}, activations {:.2f}), "
          "--memory-limit is {:g}; lower --batch, --patch or --width",
          needed.total(), needed.parameters, needed.activations, s_.tensor.memory_limit_gib);
  }

  /// Multiply-accumulates, as --describe counts them.
  double work_of_iteration() {
    return static_cast<double>(assembly_->method().macs(assembly_->input_shapes()));
  }

  std::vector<DescribedStream> describe_streams() {
    std::vector<DescribedStream> streams;
    const auto shapes = assembly_->input_shapes();
    for (const auto& part : cases_.streams)
      streams.push_back({part.stream.name, loaded_channels(s_, part, frozen_),
                         shapes.at(part.stream.name), part.stream.unit == data::Unit::slice,
                         part.stream.labels != data::LabelRule::none});
    return streams;
  }

  LoopOptions loop_options() {
    LoopOptions o;
    o.epochs = s_.training.epochs;
    o.iterations_per_epoch = assembly_->iterations_per_epoch();
    o.validate_every = s_.selection.validate_every;
    o.select_best = s_.selection.selection == "best";
    const methods::Regimen& regimen = assembly_->setup().learning().front()->regimen;
    o.learning_rate = regimen.optimizer.learning_rate;
    o.schedule = regimen.schedule;
    o.plateau = {.on = s_.schedule.plateau,
                 .factor = s_.schedule.plateau_factor,
                 .patience = s_.schedule.plateau_patience,
                 .threshold = s_.schedule.plateau_threshold,
                 .falling = s_.schedule.plateau_watch == "loss",
                 .least = s_.schedule.plateau_floor};
    o.checkpoint_every_s = s_.training.checkpoint_every_s;
    o.seed = s_.tensor.seed;
    o.device = device_;
    o.history = s_.training.history.empty() ? folder_->directory().path() + "/history.csv"
                                            : s_.training.history;
    o.identity = folder_->identity();
    o.recipes = assembly_->recipes();
    o.provenance = provenance();
    if (!s_.panels.empty()) o.after_epoch = [this] { show_panels(); };
    return o;
  }

  Provenance provenance() const {
    Provenance p = context_.provenance;
    p.seed = s_.tensor.seed;
    p.device = tensor::describe(device_);
    p.inputs.push_back(s_.training.training.cases);
    for (const auto& [name, file] : named_files())
      if (!file.empty()) p.inputs.push_back(file);
    return p;
  }

  void loop(const std::optional<io::Tree>& saved) {
    tensor::use_threads_for(work_of_iteration(), context_.threads);
    infer::PredictOptions predicting;
    predicting.device = device_;
    predicting.precision = s_.tensor.precision;
    predicting.memory_limit_gib = s_.tensor.memory_limit_gib;
    predicting.minimum_outside = assembly_->minimum_outside();
    Validation validation(assembly_->validation(), cases_.classes, cases_.regions, s_.synthesize,
                          predicting);
    if (!validation.possible() && s_.selection.selection == "best")
      log::warning("no validation cases (--validate): the last epoch's parameters are kept");
    Loop loop(assembly_->method(), assembly_->sources(), validation, folder_->directory(),
              loop_options());
    if (saved) loop.resume(*saved);
    loop.run();
    write(loop.best());
    folder_->finish();
  }

  /// The generators as they are now.
  void show_panels() {
    const auto& translation = *assembly_->setup().translation;
    const Picture picture = panels_of(
        translation, {&assembly_->training(translation.from), &assembly_->training(translation.to)},
        s_.panel_cases, device_);
    procedure_.write_picture(s_.panels, picture.width, picture.height, picture.rgb);
  }

  void write(const std::map<std::string, Best>& best) {
    io::Checkpoint checkpoint = result_of(assembly_->method(), best);
    if (frozen_.leaked > 0)
      checkpoint.metrics["leaked-cases"] = static_cast<double>(frozen_.leaked);
    for (const auto& part : cases_.streams)
      for (const auto& row : part.training) checkpoint.trained_on.push_back(row.id);
    const std::string content = io::write_checkpoint(s_.training.output, checkpoint, provenance(),
                                                     {.force = true});  // it is claimed
    const auto score = checkpoint.metrics.find("score");
    log::info("{} written{}, content_sha256 {}", s_.training.output,
              score == checkpoint.metrics.end()
                  ? ""
                  : fmt::format(" (validation score {:.4f}, epoch {:.0f})", score->second,
                                checkpoint.metrics.at("epoch")),
              content);
  }

  const LearningSettings& s_;
  const Procedure& procedure_;
  const RunContext& context_;
  at::Device device_;
  TrainingCases cases_;
  std::optional<data::Stage> stage_;  ///< where the cases' volumes lie in this run; none: in place
  FrozenNetworks frozen_;
  std::optional<RunFolder> folder_;
  std::optional<Assembly> assembly_;
};

}  // namespace

void run_training(const LearningSettings& settings, const Procedure& procedure,
                  const RunContext& context) {
  check_settings(settings, procedure);
  if (settings.training.prolong &&
      ((context.claims && context.claims->force()) || settings.training.resume == "never"))
    throw UsageError(
        "--continue goes on from the last state, --force and --resume never start over; "
        "expected one of them");
  const losses::Objective objective(without_open_weights(terms_of(settings)));
  check_purpose(settings, objective);
  if (procedure.name == "teacher-student")
    methods::require_use_of_teacher(objective, !procedure.adversary.kind.empty());
  set_deadline(settings.training.deadline_s);
  Run run(settings, procedure, context);
  if (settings.tensor.describe)
    run.describe();
  else
    run.train();
}

}  // namespace kdseg::train

#include "train/run.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <span>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "data/stage.h"
#include "io/atomic_file.h"
#include "io/checkpoint_file.h"
#include "methods/losses_of_step.h"
#include "methods/procedures.h"
#include "methods/teacher_student.h"
#include "models/checkpoint.h"
#include "tensor/device.h"
#include "train/class_weights.h"
#include "train/describe.h"
#include "train/loop.h"
#include "train/setting_checks.h"
#include "train/student.h"

namespace kdseg::train {
namespace {

/// One run, step by step; members in the order in which they come to be.
class Run {
 public:
  Run(const LearningSettings& settings, const Task& task, const RunContext& context)
      : s_(settings),
        task_(task),
        context_(context),
        device_(tensor::configure(settings.tensor, context.threads)),
        cases_(open_cases(settings.training, context.threads)) {
    check_recipe(cases_, settings.training.recipe, !task.teacher.empty());
    if (!task.teacher.empty()) open_teacher();
    channels_ = student_channels(s_, cases_);
    require_channels(cases_, channels_, "the network");
    if (teacher_) channels_ = teacher_and_student_channels();
    add_made_channels();
    identity_ = identity_of(s_, cases_);
    identity_.emplace_back("procedure", task.procedure);
    if (teacher_) {
      identity_.emplace_back("teacher", io::stored_content_sha256(task.teacher));
      identity_.emplace_back("teacher-dropout", task.teacher_dropout ? "on" : "off");
    }
    if (!task.copied.empty()) identity_.emplace_back("copy-from-teacher", join(task.copied));
    if (!task.adversary.kind.empty()) add_section(identity_, task.adversary);
  }

  void describe() {
    prepare({});
    const std::string text = describe_run(*method_, setup_, input_size(), s_.training.batch,
                                          static_cast<int64_t>(channels_.size()));
    std::fputs(text.c_str(), stdout);
  }

  void train() {
    const std::string& wanted = s_.training.run_dir;
    directory_.emplace(wanted.empty() ? s_.training.output + ".run" : wanted);
    if (s_.training.resume != "never" && written_again()) return;
    const auto saved = state_to_continue();
    if (s_.training.stage) stage();
    try {
      prepare(saved ? recipe_in(*saved) : std::string());
      loop(saved);
    } catch (const DataError& e) {
      directory_->mark_failed({3, e.what(), inputs_id()});
      throw;
    } catch (const methods::NonFinite& e) {
      directory_->mark_failed({1, e.what(), inputs_id()});
      throw;
    }
  }

 private:
  void open_teacher() {
    teacher_ = models::load_model(task_.teacher, device_);
    const auto& contract = teacher_->contract;
    const Head head = head_of(s_, cases_);
    if (contract.head.kind != head.kind || contract.head.names != head.names)
      throw DataError("{}: {} are {}, {} {}", task_.teacher,
                      contract.head.kind == Head::Kind::softmax ? "classes" : "regions",
                      join(contract.head.names, ","),
                      s_.head == "classes" ? "the volumes have" : "--head regions expects",
                      join(head.names, ","));
    require_channels(cases_, contract.channels, task_.teacher);
    const auto known = io::read_checkpoint(task_.teacher).trained_on;
    refuse_leak({known.begin(), known.end()});
    warn_of_leak({known.begin(), known.end()});
  }

  /// A teacher that has seen a test case with its label tells its student about it.
  void refuse_leak(const std::set<std::string>& known) {
    std::vector<std::string> seen;
    for (const auto& id : cases_.held_out)
      if (known.contains(id)) seen.push_back(id);
    leaked_ = static_cast<int64_t>(seen.size());
    if (seen.empty()) return;
    const std::string which =
        fmt::format("{} of the {} cases that this run holds out for testing ({}{})", seen.size(),
                    cases_.held_out.size(), seen.front(), seen.size() > 1 ? ", ..." : "");
    if (!task_.allow_leak)
      throw DataError("{}: was trained on {}; give the teacher of this fold, or --allow-leak on",
                      task_.teacher, which);
    log::warning("{} was trained on {}: scores of these cases are no test", task_.teacher, which);
  }

  /// Validation scores of a student flatter where its teacher has seen the case with its label.
  void warn_of_leak(const std::set<std::string>& known) const {
    const auto seen = std::count_if(cases_.validation.begin(), cases_.validation.end(),
                                    [&](auto& row) { return known.contains(row.id); });
    if (seen > 0 && leaked_ == 0)
      log::warning("{} was trained on {} of the {} validation cases", task_.teacher, seen,
                   cases_.validation.size());
  }

  std::vector<std::string> teacher_and_student_channels() const {
    std::vector<std::string> all = teacher_->contract.channels;
    for (const auto& name : channels_)
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    return all;
  }

  /// What the network makes comes with the cases, behind what it sees.
  void add_made_channels() {
    require_channels(cases_, s_.synthesize, "--synthesize");
    for (const auto& name : s_.synthesize) {
      if (std::find(channels_.begin(), channels_.end(), name) != channels_.end())
        throw UsageError(
            "--synthesize {}: the network sees that channel (or makes it twice); expected one that "
            "is not among --channels {}",
            name, join(channels_, ","));
      channels_.push_back(name);
    }
  }

  std::string inputs_id() const { return hash_of(identity_) + cases_.files; }

  std::string result_key() const {
    const std::string text = inputs_id() + context_.provenance.version;
    return io::sha256(std::as_bytes(std::span(text))).substr(0, 16);
  }

  /// Whether an earlier call with the same inputs finished, so that its checkpoint is at hand.
  bool written_again() {
    const auto kept = directory_->result(result_key());
    if (!kept) return false;
    try {
      io::read_checkpoint(*kept);
    } catch (const DataError& e) {
      log::warning("{}; training anew", e.what());
      return false;
    }
    io::copy_atomic(*kept, s_.training.output);
    log::info("{} written from {}: this training was finished before; --resume never repeats it",
              s_.training.output, *kept);
    return true;
  }

  /// The saved state of an earlier call with the same settings; none when there is nothing to
  /// continue. Repeats the message of a run that failed for good.
  std::optional<io::Tree> state_to_continue() {
    if (s_.training.resume == "never") {
      directory_->remove_states();
      directory_->clear_failure();
      return std::nullopt;
    }
    if (const auto failure = directory_->failure()) {
      if (failure->settings_id == inputs_id()) {
        const std::string text = failure->message +
                                 " (the run failed for good before; --resume "
                                 "never starts afresh)";
        if (failure->code == 3) throw DataError(text);
        throw RunError(text);
      }
      directory_->clear_failure();
    }
    auto saved = directory_->newest();
    if (!saved) return std::nullopt;
    const std::string changed = differences(identity_in(*saved), identity_);
    if (!changed.empty())
      throw UsageError(
          "{} holds a run with other settings: {}; give the former ones, or start afresh with "
          "--resume never",
          directory_->path(), changed);
    return saved;
  }

  void stage() {
    std::vector<cohort::Row*> rows;
    for (auto* some : {&cases_.training, &cases_.validation})
      for (auto& row : *some) rows.push_back(&row);
    stage_.emplace();
    const int64_t bytes = stage_->copy(rows, context_.threads);
    log::info("{} volumes, {:.2f} GiB, copied to {}", rows.size(),
              static_cast<double>(bytes) / (1024.0 * 1024 * 1024), stage_->folder());
  }

  /// Recipe, cases and method. `recipe_ini` is that of a run to continue.
  void prepare(const std::string& recipe_ini) {
    recipe_ = recipe_ini.empty()
                  ? open_recipe(cases_, s_.training.recipe, task_.teacher,
                                teacher_ ? teacher_->contract.recipe_ini : "", context_.threads)
                  : std::make_unique<prepare::Recipe>(prepare::Recipe::from_text(recipe_ini));
    const auto budget = data::cache_budget(s_.training.cache, s_.tensor.memory_limit_gib);
    const auto store = [&](const std::vector<cohort::Row>& rows) {
      std::vector<std::string> ids;
      for (const auto& row : rows) ids.push_back(row.id);
      return std::make_unique<data::CaseStore>(ids, data::prepared_cases(rows, *recipe_, channels_),
                                               budget);
    };
    training_ = store(cases_.training);
    validation_ = store(cases_.validation);
    build_method();
  }

  void build_method() {
    if (recipe_->leaves_sizes() && s_.training.patch.empty())
      throw UsageError(
          "the recipe has size = any: give --patch x y z, or size = fit in the recipe to train on "
          "whole volumes");
    setup_.student = make_student(s_, cases_, *recipe_);
    const std::string where = s_.training.patch.empty() ? "case " + training_->id(0) : "--patch";
    require_size(*setup_.student.network, input_size(), where);
    setup_.student.network->module().to(device_);
    if (teacher_) copy_frozen(setup_.student, *teacher_, task_.copied);
    setup_.student_channels = positions(setup_.student.contract.channels);
    setup_.made_channels = positions(s_.synthesize);
    setup_.teacher = teacher_;
    if (teacher_) setup_.teacher_channels = positions(teacher_->contract.channels);
    setup_.teacher_dropout = task_.teacher_dropout;
    setup_.subsets = s_.subsets == "uniform";
    setup_.terms = terms_of(s_);
    fill_class_weights(setup_.terms, *training_, setup_.student.contract.head.channels(),
                       context_.threads);
    if (!task_.adversary.kind.empty()) setup_.adversary = settled_adversary(task_.adversary, s_);
    setup_.optimizer = {.learning_rate = s_.optimizer.learning_rate,
                        .beta1 = s_.optimizer.betas[0],
                        .beta2 = s_.optimizer.betas[1],
                        .epsilon = s_.optimizer.epsilon,
                        .weight_decay = s_.optimizer.weight_decay,
                        .decoupled = s_.optimizer.optimizer == "adamw"};
    setup_.device = device_;
    setup_.compute = tensor::compute_type(s_.tensor.precision);
    setup_.seed = s_.tensor.seed;
    method_ = methods::make_method(task_.procedure, setup_);
  }

  std::vector<int64_t> positions(const std::vector<std::string>& names) const {
    std::vector<int64_t> found;
    for (const auto& name : names)
      found.push_back(std::find(channels_.begin(), channels_.end(), name) - channels_.begin());
    return found;
  }

  std::array<int64_t, 3> input_size() {
    std::array<int64_t, 3> size{};
    if (s_.training.patch.empty())
      size = training_->get(0)->data.image.grid.size;
    else
      std::copy_n(s_.training.patch.begin(), 3, size.begin());
    return size;
  }

  LoopOptions loop_options() const {
    LoopOptions o;
    o.epochs = s_.training.epochs;
    o.validate_every = s_.selection.validate_every;
    o.select_best = s_.selection.selection == "best";
    o.learning_rate = s_.optimizer.learning_rate;
    o.schedule = {1.0, s_.schedule.warmup, s_.schedule.decay_from, s_.schedule.step_decay_every,
                  s_.schedule.step_decay_factor};
    o.plateau.on = s_.schedule.plateau;
    o.plateau.falling = s_.schedule.plateau_watch == "loss";
    o.plateau.threshold = s_.schedule.plateau_threshold;
    o.plateau.patience = s_.schedule.plateau_patience;
    o.plateau.factor = s_.schedule.plateau_factor;
    o.checkpoint_every_s = s_.training.checkpoint_every_s;
    if (!s_.augment.kind.empty()) o.loader.augment = data::augmentation_from(s_.augment);
    o.loader.mask_augmented = recipe_->masks_augmented();
    o.loader.minimum_outside = recipe_->minimum_outside();
    o.loader.patch = s_.training.patch;
    o.loader.workers = s_.training.workers;
    o.loader.pinned = device_.is_cuda();
    o.batch = s_.training.batch;
    o.seed = s_.tensor.seed;
    o.device = device_;
    o.history =
        s_.training.history.empty() ? directory_->path() + "/history.csv" : s_.training.history;
    o.identity = identity_;
    o.recipe_ini = recipe_->ini();
    o.provenance = provenance();
    return o;
  }

  Provenance provenance() const {
    Provenance p = context_.provenance;
    p.seed = s_.tensor.seed;
    p.device = tensor::describe(device_);
    for (const auto& file :
         {s_.training.training.cases, s_.training.recipe, s_.training.init, task_.teacher})
      if (!file.empty()) p.inputs.push_back(file);
    return p;
  }

  void loop(const std::optional<io::Tree>& saved) {
    infer::PredictOptions predicting;
    predicting.device = device_;
    predicting.precision = s_.tensor.precision;
    predicting.memory_limit_gib = s_.tensor.memory_limit_gib;
    predicting.minimum_outside = recipe_->minimum_outside();
    Validation validation(*validation_, cases_.classes, cases_.regions, s_.synthesize, predicting);
    if (!validation.possible() && s_.selection.selection == "best")
      log::warning("no validation cases (--validate): the last epoch's parameters are kept");
    Loop loop(*method_, *training_, validation, *directory_, loop_options());
    if (saved) loop.resume(*saved);
    loop.run();
    write(loop.scores());
    keep_result();
    directory_->remove_states();
  }

  void keep_result() {
    try {
      directory_->keep_result(s_.training.output, result_key());
    } catch (const RunError& e) {  // the checkpoint itself is written
      log::warning("{}; should {} be lost, it is trained again", e.what(), s_.training.output);
    }
  }

  void write(const methods::Report& scores) const {
    io::Checkpoint checkpoint = models::to_checkpoint(setup_.student);
    checkpoint.metrics = scores;
    if (leaked_ > 0) checkpoint.metrics["leaked-cases"] = static_cast<double>(leaked_);
    for (const auto& row : cases_.training) checkpoint.trained_on.push_back(row.id);
    const std::string content = io::write_checkpoint(s_.training.output, checkpoint, provenance(),
                                                     {.force = context_.force});
    const auto score = scores.find("score");
    log::info("{} written{}, content_sha256 {}", s_.training.output,
              score == scores.end() ? ""
                                    : fmt::format(" (validation score {:.4f}, epoch {:.0f})",
                                                  score->second, scores.at("epoch")),
              content);
  }

  const LearningSettings& s_;
  const Task& task_;
  const RunContext& context_;
  at::Device device_;
  TrainingCases cases_;
  std::optional<data::Stage> stage_;  ///< where the cases' volumes lie in this run; none: in place
  std::optional<models::Model> teacher_;
  int64_t leaked_ = 0;                 ///< held-out cases that the teacher was trained on
  std::vector<std::string> channels_;  ///< of the stream: the teacher's, then the student's own
  Identity identity_;
  std::optional<io::RunDirectory> directory_;
  std::unique_ptr<prepare::Recipe> recipe_;
  std::unique_ptr<data::CaseStore> training_, validation_;
  methods::Setup setup_;
  std::unique_ptr<methods::Method> method_;
};

}  // namespace

void run_training(const LearningSettings& settings, const Task& task, const RunContext& context) {
  check_settings(settings, task);
  const losses::Objective objective(without_open_weights(terms_of(settings)));
  check_purpose(settings, objective);
  if (!task.teacher.empty())
    methods::require_use_of_teacher(objective, !task.adversary.kind.empty());
  set_deadline(settings.training.deadline_s);
  Run run(settings, task, context);
  if (settings.tensor.describe)
    run.describe();
  else
    run.train();
}

}  // namespace kdseg::train

#include "train/loop.h"

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "methods/setup.h"
#include "models/checkpoint.h"

namespace kdseg::train {
namespace {

double seconds_between(std::chrono::steady_clock::time_point a,
                       std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

std::string shown(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

Loop::Loop(methods::Method& method, data::CaseStore& training, Validation& validation,
           io::RunDirectory& directory, LoopOptions options)
    : method_(method),
      training_(training),
      validation_(validation),
      directory_(directory),
      options_(std::move(options)),
      sampler_(options_.seed, training.size(), options_.batch),
      steps_(options_.epochs * sampler_.steps_per_epoch()) {
  state_.plateau = optim::Plateau(options_.plateau);
}

void Loop::resume(const io::Tree& saved) { from_tree(saved, state_, method_.roles()); }

torch::nn::Module& Loop::candidate() const {
  return method_.candidates().front().members.front()->network->module();
}

methods::StepInfo Loop::info() const {
  methods::StepInfo info;
  info.step = state_.step;
  info.steps = steps_;
  // An epoch that waits to be closed is validated with its own weights, not the next one's.
  info.epoch = std::min(state_.step / sampler_.steps_per_epoch(), state_.closed_epochs);
  info.epochs = options_.epochs;
  info.learning_rate_scale = options_.schedule.at(state_.step, steps_) * state_.plateau.scale();
  info.seed = options_.seed;
  return info;
}

void Loop::run() {
  const int64_t per_epoch = sampler_.steps_per_epoch();
  data::LoaderOptions loading = options_.loader;
  loading.seed = options_.seed;
  loading.first_step = state_.step;
  loading.end_step = steps_;
  data::Loader loader(training_, sampler_, loading);
  progress_ = std::make_unique<Progress>("training", steps_ - state_.step, "steps");
  if (state_.step > 0)
    log::info("continuing at step {} of {} (epoch {})", state_.step, steps_,
              state_.step / per_epoch + 1);
  if (state_.step == (state_.closed_epochs + 1) * per_epoch) close_epoch();
  while (state_.step < steps_) {
    one_step(loader);
    if (state_.step % per_epoch == 0) close_epoch();
    if (state_.step == steps_) break;
    // Looked at behind the step: a call with a short deadline still gets somewhere.
    stop_if_requested();
    if (seconds_between(saved_at_, Clock::now()) >= options_.checkpoint_every_s) save();
  }
  progress_.reset();
  save();  // a full disk while the checkpoint is written must not cost the run
  if (!state_.best_parameters.arrays.empty())
    models::module_from_arrays(candidate(), "/best", state_.best_parameters);
}

void Loop::one_step(data::Loader& loader) {
  const auto start = Clock::now();
  const data::HostBatch& host = loader.next();
  const auto loaded = Clock::now();
  const tensor::Batch batch = data::to_device(host, options_.device);
  const auto moved = Clock::now();
  const methods::Report report = method_.step({{methods::case_stream, batch}}, info());
  const auto done = Clock::now();
  for (const auto& [name, value] : report) state_.sums[name] += value;
  ++state_.summed;
  state_.seconds["waiting"] += seconds_between(start, loaded);
  state_.seconds["transfer"] += seconds_between(loaded, moved);
  state_.seconds["step"] += seconds_between(moved, done);
  ++state_.step;
  const auto best = state_.best.find("score");
  progress_->advance(
      1, fmt::format("epoch {}/{}, loss {:.4f}{}", state_.closed_epochs + 1, options_.epochs,
                     report.at("loss"),
                     best == state_.best.end() ? "" : fmt::format(", best {:.4f}", best->second)));
}

void Loop::close_epoch() {
  const int64_t epoch = state_.closed_epochs;
  const bool due = (epoch + 1) % options_.validate_every == 0 || epoch + 1 == options_.epochs;
  std::optional<Scores> scores;
  const auto start = Clock::now();
  if (due && validation_.possible()) {
    scores = validation_.run(method_, info());
    if (!scores) stop_if_requested();
  }
  state_.history.add(epoch_row(scores, seconds_between(start, Clock::now())));
  if (scores) {
    take_if_best(*scores);
    const double watched = options_.plateau.falling ? scores->loss.value_or(0) : scores->score;
    if (options_.plateau.on && state_.plateau.update(watched))
      log::info("epoch {}: learning rate scaled to {:g}", epoch + 1, state_.plateau.scale());
  }
  log::debug("epoch {}/{}: loss {:.5f}{}", epoch + 1, options_.epochs,
             state_.sums.at("loss") / static_cast<double>(state_.summed),
             scores ? fmt::format(", validation score {:.4f}", scores->score) : "");
  ++state_.closed_epochs;
  state_.sums.clear();
  state_.summed = 0;
  state_.seconds.clear();
  state_.history.write(options_.history);
}

void Loop::take_if_best(const Scores& scores) {
  const auto before = state_.best.find("score");
  // Ties go to the later epoch, as in the official code of HAD-Net.
  if (options_.select_best && before != state_.best.end() && scores.score < before->second) return;
  state_.best.clear();
  state_.best["score"] = scores.score;
  state_.best["epoch"] = static_cast<double>(state_.closed_epochs + 1);
  for (const auto& [name, value] : scores.parts) state_.best[name] = value;
  if (!options_.select_best) return;
  state_.best_parameters.arrays.clear();
  models::module_to_arrays(candidate(), "/best", state_.best_parameters);
}

History::Row Loop::epoch_row(const std::optional<Scores>& scores, double validation_s) {
  methods::StepInfo last = info();
  const double scale =
      options_.schedule.at(std::max<int64_t>(0, last.step - 1), steps_) * state_.plateau.scale();
  History::Row row{{"step", std::to_string(state_.step)},
                   {"epoch", std::to_string(state_.closed_epochs + 1)},
                   {"learning-rate", shown(options_.learning_rate * scale)}};
  for (const auto& [name, sum] : state_.sums)
    row.emplace_back(name, shown(sum / static_cast<double>(state_.summed)));
  if (scores) {
    if (scores->loss) row.emplace_back("validation-loss", shown(*scores->loss));
    for (const auto& [name, value] : scores->parts) row.emplace_back(name, shown(value));
    row.emplace_back("score", shown(scores->score));
    row.emplace_back("score-average", shown(state_.average.update(scores->score)));
  }
  for (const char* name : {"waiting", "transfer", "step"}) {
    const auto found = state_.seconds.find(name);
    const double value = found == state_.seconds.end() ? 0 : found->second;
    row.emplace_back(fmt::format("seconds-{}", name), fmt::format("{:.3f}", value));
  }
  row.emplace_back("seconds-validation", fmt::format("{:.3f}", validation_s));
  return row;
}

void Loop::save() {
  directory_.save(state_.step,
                  to_tree(state_, method_.roles(), options_.identity, options_.recipe_ini),
                  options_.provenance);
  saved_at_ = Clock::now();
}

void Loop::stop_if_requested() {
  if (!stop_requested()) return;
  progress_.reset();
  save();
  throw Stopped(
      fmt::format("stopped at step {} of {}, state saved in {}; the same command continues",
                  state_.step, steps_, directory_.path()));
}

}  // namespace kdseg::train

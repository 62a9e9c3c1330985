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

Loop::Loop(methods::Method& method, std::vector<Source> sources, Validation& validation,
           io::RunDirectory& directory, LoopOptions options)
    : method_(method),
      sources_(std::move(sources)),
      validation_(validation),
      directory_(directory),
      options_(std::move(options)),
      steps_(options_.epochs * options_.iterations_per_epoch) {
  state_.plateau = optim::Plateau(options_.plateau);
  for (const auto& candidate : method_.candidates())
    if (candidate.chosen) chosen_ = candidate.name;
}

void Loop::resume(const io::Tree& saved) { from_tree(saved, state_, method_); }

methods::StepInfo Loop::info() const {
  methods::StepInfo info;
  info.step = state_.step;
  info.steps = steps_;
  // An epoch that waits to be closed is validated with its own weights, not the next one's.
  info.epoch = std::min(state_.step / options_.iterations_per_epoch, state_.closed_epochs);
  info.epochs = options_.epochs;
  info.plateau_scale = state_.plateau.scale();
  info.seed = options_.seed;
  return info;
}

Loop::Loaders Loop::make_loaders() {
  Loaders loaders;
  for (const auto& source : sources_) {
    data::LoaderOptions loading = source.loading;
    loading.seed = options_.seed;
    loading.first_step = state_.step;
    loading.end_step = steps_;
    loaders.push_back(
        std::make_unique<data::Loader>(*source.cases, source.items, source.sampler, loading));
  }
  return loaders;
}

void Loop::run() {
  const int64_t per_epoch = options_.iterations_per_epoch;
  Loaders loaders = make_loaders();
  progress_ = std::make_unique<Progress>("training", steps_ - state_.step, "steps");
  if (state_.step > 0)
    log::info("continuing at step {} of {} (epoch {})", state_.step, steps_,
              state_.step / per_epoch + 1);
  if (state_.step == (state_.closed_epochs + 1) * per_epoch) close_epoch();
  while (state_.step < steps_) {
    one_step(loaders);
    if (state_.step % per_epoch == 0) close_epoch();
    if (state_.step == steps_) break;
    // Looked at behind the step: a call with a short deadline still gets somewhere.
    stop_if_requested();
    if (seconds_between(saved_at_, Clock::now()) >= options_.checkpoint_every_s) save();
  }
  progress_.reset();
  save();  // a full disk while the checkpoint is written must not cost the run
}

void Loop::one_step(Loaders& loaders) {
  tensor::Draw draw;
  for (size_t i = 0; i < sources_.size(); ++i) {
    const auto start = Clock::now();
    const data::HostBatch& host = loaders[i]->next();
    const auto loaded = Clock::now();
    draw[sources_[i].name] = data::to_device(host, options_.device);
    state_.seconds["waiting"] += seconds_between(start, loaded);
    state_.seconds["transfer"] += seconds_between(loaded, Clock::now());
  }
  const auto ready = Clock::now();
  const methods::Report report = method_.step(draw, info());
  state_.seconds["step"] += seconds_between(ready, Clock::now());
  for (const auto& [name, value] : report) state_.sums[name] += value;
  ++state_.summed;
  ++state_.step;
  const auto best = state_.best.find(chosen_);
  progress_->advance(
      1, fmt::format("epoch {}/{}, loss {:.4f}{}", state_.closed_epochs + 1, options_.epochs,
                     report.at("loss"),
                     best == state_.best.end()
                         ? ""
                         : fmt::format(", best {:.4f}", best->second.scores.at("score"))));
}

void Loop::close_epoch() {
  const int64_t epoch = state_.closed_epochs;
  const bool due = (epoch + 1) % options_.validate_every == 0 || epoch + 1 == options_.epochs;
  std::optional<Validation::Result> result;
  const auto start = Clock::now();
  if (due && validation_.possible()) {
    result = validation_.run(method_, info());
    if (!result) stop_if_requested();
  }
  state_.history.add(epoch_row(result, seconds_between(start, Clock::now())));
  if (result) {
    for (const auto& candidate : method_.candidates())
      take_if_best(candidate, result->of.at(candidate.name));
    const Scores& scores = result->of.at(chosen_);
    const double watched = options_.plateau.falling ? result->loss.value_or(0) : scores.score;
    if (options_.plateau.on && state_.plateau.update(watched))
      log::info("epoch {}: learning rate scaled to {:g}", epoch + 1, state_.plateau.scale());
  }
  log::debug("epoch {}/{}: loss {:.5f}{}", epoch + 1, options_.epochs,
             state_.sums.at("loss") / static_cast<double>(state_.summed),
             result ? fmt::format(", validation score {:.4f}", result->of.at(chosen_).score) : "");
  ++state_.closed_epochs;
  state_.sums.clear();
  state_.summed = 0;
  state_.seconds.clear();
  state_.history.write(options_.history);
  if (options_.after_epoch) options_.after_epoch();
}

void Loop::take_if_best(const methods::Candidate& candidate, const Scores& scores) {
  Best& best = state_.best[candidate.name];
  const auto before = best.scores.find("score");
  // Ties go to the later epoch, as in the official code of HAD-Net.
  if (options_.select_best && before != best.scores.end() && scores.score < before->second) return;
  best = {};
  best.scores["score"] = scores.score;
  best.scores["epoch"] = static_cast<double>(state_.closed_epochs + 1);
  for (const auto& [name, value] : scores.parts) best.scores[name] = value;
  if (!options_.select_best) return;
  for (const auto& member : candidate.members)
    models::module_to_arrays(member.model->network->module(), "", best.of[member.name]);
}

History::Row Loop::epoch_row(const std::optional<Validation::Result>& result, double validation_s) {
  const int64_t last = std::max<int64_t>(0, state_.step - 1);
  const double scale = options_.schedule.at(last, steps_) * state_.plateau.scale();
  History::Row row{{"step", std::to_string(state_.step)},
                   {"epoch", std::to_string(state_.closed_epochs + 1)},
                   {"learning-rate", shown(options_.learning_rate * scale)}};
  for (const auto& [name, sum] : state_.sums)
    row.emplace_back(name, shown(sum / static_cast<double>(state_.summed)));
  if (result) {
    if (result->loss) row.emplace_back("validation-loss", shown(*result->loss));
    const Scores& chosen = result->of.at(chosen_);
    for (const auto& [name, value] : chosen.parts) row.emplace_back(name, shown(value));
    row.emplace_back("score", shown(chosen.score));
    row.emplace_back("score-average", shown(state_.average.update(chosen.score)));
    if (result->of.size() > 1)
      for (const auto& [candidate, scores] : result->of)
        row.emplace_back("score-" + candidate, shown(scores.score));
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
  directory_.save(state_.step, to_tree(state_, method_, options_.identity, options_.recipes),
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

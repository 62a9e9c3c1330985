// Options that pretrain and distill share beyond those of cli/shared_options.h.
#pragma once
#include "cli/shared_options.h"
#include "train/catalogs.h"
#include "train/settings.h"

namespace kdseg {

inline std::vector<cli::CatalogRow> rows_of(const std::vector<train::CatalogEntry>& entries) {
  std::vector<cli::CatalogRow> rows;
  for (const auto& entry : entries) rows.push_back({entry.name, entry.summary, entry.parameters});
  return rows;
}

inline void declare_free(cli::Options& add, const train::SectionKeys& keys,
                         std::vector<Section>& field) {
  add.free_rows(keys.kind, field, keys.help, keys.keys);
}

inline void declare_single(cli::Options& add, const train::SectionKeys& keys, Section& field) {
  add.row(keys.kind, field, keys.help, keys.keys);
}

/// How parameters move, as far as every training is told.
inline void declare_optimizer(cli::Options& add, train::LearningSettings& s) {
  add.group("Optimizer and schedule");
  add.choice("optimizer", s.optimizer.optimizer,
             "adam (weight decay in the gradient), adamw (decoupled), sgd (with momentum)",
             train::optimizer_names());
  add.number("learning-rate", s.optimizer.learning_rate,
             "of the trained networks; 0: the optimizer's usual one, 2e-4 (sgd has none)",
             {.low = 0, .high = 10});
  add.numbers("betas", s.optimizer.betas, "decay of the two moments", {.low = 0, .high = 0.999999},
              2);
  add.number("epsilon", s.optimizer.epsilon, "added to the root of the second moment",
             {.low = 0, .high = 1});
  add.number("weight-decay", s.optimizer.weight_decay, "on all parameters", {.low = 0, .high = 10});
  add.toggle("amsgrad", s.optimizer.amsgrad,
             "adam and adamw: divide by the largest second moment so far");
  add.number("momentum", s.optimizer.momentum, "of sgd", {.low = 0, .high = 0.999999});
  add.toggle("nesterov", s.optimizer.nesterov, "sgd: Nesterov's momentum");
  add.integer("accumulate", s.optimizer.accumulate,
              "iterations whose mean gradient makes one update", {.low = 1, .high = 1e6});
  add.number("clip-norm", s.optimizer.clip_norm,
             "largest L2 norm of an update's gradients, which are scaled down to it; 0: any",
             {.low = 0});
  add.number("warmup", s.schedule.warmup,
             "fraction of the run over which the rate grows from 0, linearly",
             {.low = 0, .high = 1});
  add.number("decay-from", s.schedule.decay_from,
             "fraction of the run after which the rate falls to 0; 1 keeps it constant",
             {.low = 0, .high = 1});
  add.number("decay-power", s.schedule.decay_power,
             "of the fall to 0: 1 is linear, 0.9 the usual poly", {.low = 0.1, .high = 10});
  add.integer("step-decay-every", s.schedule.step_decay_every,
              "steps between cuts of the rate; 0: none", {.low = 0});
  add.integer("step-decay-stages", s.schedule.step_decay_stages,
              "equal parts of the run, with a cut of the rate between them; 0: none", {.low = 0});
  add.number("step-decay-factor", s.schedule.step_decay_factor,
             "what such a cut leaves of the rate", {.low = 0.001, .high = 1});
}

inline void declare_terms(cli::Options& add, train::LearningSettings& s) {
  add.rows("term", s.terms, "a term of the loss; none: cross-entropy",
           rows_of(train::term_catalog()));
}

inline void declare_augmentation(cli::Options& add, train::LearningSettings& s) {
  add.row_and_rows("augment", s.augment, s.augments,
                   "random variation of training cases, of all streams or of the stream NAME; no "
                   "section: none. Slices are varied within their plane, without shear",
                   train::augment_keys());
}

inline void declare_learning(cli::Options& add, train::LearningSettings& s) {
  cli::declare_training(add, s.training);
  declare_optimizer(add, s);
  add.toggle("plateau", s.schedule.plateau,
             "cut the rate when validation has not improved for a while");
  add.choice("plateau-watch", s.schedule.plateau_watch,
             "what should improve: the validation score, or the validation loss",
             {"score", "loss"});
  add.number("plateau-threshold", s.schedule.plateau_threshold,
             "least relative change that counts as improvement; 0: any", {.low = 0, .high = 1});
  add.integer("plateau-patience", s.schedule.plateau_patience,
              "validated epochs without improvement before a cut", {.low = 0});
  add.number("plateau-factor", s.schedule.plateau_factor, "what a cut leaves of the rate",
             {.low = 0.001, .high = 1});
  add.number("plateau-floor", s.schedule.plateau_floor,
             "fraction of the rate that cuts leave at least", {.low = 0, .high = 1});
  add.group("Validation");
  add.integer("validate-every", s.selection.validate_every, "epochs between validations",
              {.low = 1});
  add.choice(
      "selection", s.selection.selection,
      "parameters to keep: those with the best validation score (mean smoothed Dice of the "
      "regions, or least error of channels that are made; ties to the later epoch), or the last",
      {"best", "last"});
  add.named_rows("network", s.networks,
                 "the network that is trained; none: had-net-unet. Where there are several, any "
                 "NAME, and the key kind says which of these it is",
                 rows_of(train::network_catalog()));
  declare_free(add, train::optimizer_keys(), s.optimizers);
  declare_free(add, train::stream_keys(), s.streams);
  declare_terms(add, s);
  add.choice("head", s.head,
             "what the network's channels are: classes, of which every voxel has one (softmax), or "
             "regions, each yes or no (sigmoid; with terms over probabilities)",
             {"classes", "regions"});
  add.choice("subsets", s.subsets,
             "images a training step sees: all of them, or uniform: a size from 1 to all, then a "
             "subset of that size (networks that take subsets; validation uses all)",
             {"off", "uniform"});
  declare_augmentation(add, s);
  cli::declare_tensor(add, s.tensor);
}

/// Who learns from what, where several networks do.
inline void declare_lessons(cli::Options& add, train::LearningSettings& s) {
  declare_free(add, train::supervise_keys(), s.supervise);
  declare_free(add, train::distil_keys(), s.distil);
  declare_free(add, train::average_keys(), s.averages);
  declare_free(add, train::candidate_keys(), s.candidates);
  declare_free(add, train::frozen_keys(), s.frozen);
}

inline void declare_translation(cli::Options& add, train::LearningSettings& s) {
  declare_single(add, train::translation_keys(), s.translation);
  declare_single(add, train::generator_keys(), s.generator);
  declare_single(add, train::discriminator_keys(), s.discriminator);
}

/// The training of a translator.
inline void declare_alignment(cli::Options& add, train::LearningSettings& s) {
  cli::declare_training(add, s.training, cli::Trains::translators);
  declare_optimizer(add, s);
  add.group("Translation");
  declare_translation(add, s);
  declare_free(add, train::stream_keys(), s.streams);
  declare_free(add, train::optimizer_keys(), s.optimizers);
  declare_augmentation(add, s);
  add.output("panels", s.panels,
             "PNG of slices, their translations and the ways back, written after every epoch");
  add.integer("panel-cases", s.panel_cases, "cases of each stream in --panels",
              {.low = 1, .high = 100});
  add.named_rows("network", s.networks,
                 "a segmenting network that guides a generator; none: no labels are read. Any "
                 "NAME, and the key kind says which of these it is",
                 rows_of(train::network_catalog()));
  declare_free(add, train::supervise_keys(), s.supervise);
  declare_terms(add, s);
}

/// What the procedure `alignment` starts from in place of other procedures' defaults.
inline void prepare_alignment(train::LearningSettings& s, train::Procedure& procedure) {
  s.labels_on_request = true;
  s.optimizer.betas = {0.5, 0.999};
  s.selection.selection = "last";
  procedure.name = "alignment";
}

/// What pretrain has beyond these.
inline void declare_synthesis(cli::Options& add, train::LearningSettings& s) {
  add.group("Training");
  add.texts("synthesize", s.synthesize,
            "channels that the network makes out of its own, as in flair, with the term "
            "absolute-error; none: it segments");
}

/// What distill has before these.
inline void declare_distillation(cli::Options& add, train::Procedure& procedure) {
  add.group("Distillation");
  std::vector<std::string> procedures;
  for (const auto& row : train::procedure_catalog())
    if (row.name != "supervised" && row.name != "alignment") procedures.push_back(row.name);
  add.choice("procedure", procedure.name, "how teacher and student train", procedures);
  add.input("teacher", procedure.teacher, "checkpoint of the teacher");
  add.text("network", procedure.teacher_network, "which network of --teacher; none: the only one");
  add.toggle("teacher-dropout", procedure.teacher_dropout,
             "dropout in the frozen teacher while the student trains");
  add.choice("kd-order", procedure.kd_order,
             "mutual and unpaired: literal computes all losses before the first network moves (Li "
             "et al. 2020), alternate lets each learn from what those before it have become (Zhang "
             "et al. 2018)",
             {"literal", "alternate"});
  add.toggle(
      "allow-leak", procedure.allow_leak,
      "take a teacher that was trained on cases which the sheet holds out for testing (split "
      "test, or a fold without training cases); the checkpoint says so");
  add.texts("copy-from-teacher", procedure.copied,
            "parts of the student that are replaced by the teacher's and frozen, as in bott");
  add.row("adversary", procedure.adversary,
          "a discriminator that tells the teacher's output from the student's; no section: none",
          train::adversary_keys());
}

}  // namespace kdseg

// What the training programs are told, as plain values; tools declare them as options.
#pragma once
#include <string>
#include <vector>

#include "base/parameters.h"
#include "base/provenance.h"
#include "base/run_settings.h"

namespace kdseg::train {

struct OptimizerSettings {
  std::string optimizer = "adam";  ///< adam, adamw
  double learning_rate = 2e-4, epsilon = 1e-8;
  std::vector<double> betas{0.9, 0.999};
  double weight_decay = 0;  ///< decoupled for adamw, added to the gradient for adam
};

struct ScheduleSettings {
  double warmup = 0;                ///< fraction of the run, linear from 0
  double decay_from = 1;            ///< fraction of the run; linear to 0 afterwards; 1: constant
  int64_t step_decay_every = 0;     ///< steps between cuts of the rate; 0: none
  double step_decay_factor = 0.25;  ///< what such a cut leaves
  bool plateau = false;             ///< cut the rate when validation stalls
  std::string plateau_watch = "score";  ///< score (should grow), loss (should fall)
  double plateau_threshold = 1e-4;      ///< least relative improvement that counts
  int64_t plateau_patience = 30;        ///< validated epochs
  double plateau_factor = 0.5;
};

struct SelectionSettings {
  int64_t validate_every = 1;      ///< epochs
  std::string selection = "best";  ///< best, last
};

/// Shared by all training programs.
struct LearningSettings {
  TensorSettings tensor;
  TrainingSettings training;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;
  SelectionSettings selection;
  std::string head = "classes";         ///< classes (softmax), regions (one sigmoid each)
  std::vector<std::string> synthesize;  ///< channels that the network makes; empty: it segments
  std::string subsets = "off";          ///< off, uniform: images that a step withholds
  std::vector<Section> networks;        ///< [network.NAME], at most one; none: had-net-unet
  std::vector<Section> terms;           ///< [term.NAME]; none: cross-entropy
  Section augment;                      ///< empty kind: no augmentation
};

/// Which procedure trains, and what it needs besides.
struct Task {
  std::string procedure = "supervised";
  std::string teacher;  ///< checkpoint; empty: none
  bool teacher_dropout = true;
  Section adversary;                ///< empty kind: none
  std::vector<std::string> copied;  ///< parts of the student that are the teacher's, frozen
  bool allow_leak = false;          ///< a teacher may have learnt from held-out cases
};

/// What a run gets from its program besides settings.
struct RunContext {
  int threads = 1;
  bool force = false;
  Provenance provenance;
};

}  // namespace kdseg::train

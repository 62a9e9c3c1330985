// What the training programs are told, as plain values; tools declare them as options.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/parameters.h"
#include "base/run_context.h"
#include "base/run_settings.h"

namespace kdseg::train {

struct OptimizerSettings {
  std::string optimizer = "adam";  ///< a row of optim::optimizers()
  double learning_rate = 0;        ///< 0: the optimizer's usual one
  std::vector<double> betas{0.9, 0.999};
  double epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled for adamw, added to the gradient otherwise
  bool amsgrad = false;
  double momentum = 0.9;   ///< of sgd
  bool nesterov = false;   ///< of sgd
  int64_t accumulate = 1;  ///< iterations whose mean gradient makes one update
  double clip_norm = 0;    ///< largest L2 norm of all gradients; 0: any
};

struct ScheduleSettings {
  double warmup = 0;                    ///< fraction of the run, linear from 0
  double decay_from = 1;                ///< fraction of the run; falls to 0 afterwards; 1: constant
  double decay_power = 1;               ///< of that fall; 1: linear
  int64_t step_decay_every = 0;         ///< steps between cuts of the rate; 0: none
  int64_t step_decay_stages = 0;        ///< equal parts of the run, a cut between each; 0: none
  double step_decay_factor = 0.25;      ///< what such a cut leaves
  bool plateau = false;                 ///< cut the rate when validation stalls
  std::string plateau_watch = "score";  ///< score (should grow), loss (should fall)
  double plateau_threshold = 1e-4;      ///< least relative improvement that counts
  int64_t plateau_patience = 30;        ///< validated epochs
  double plateau_factor = 0.5;
  double plateau_floor = 0;  ///< the fraction of the rate that cuts leave at least
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
  std::vector<Section> networks;        ///< [network.NAME]; none: had-net-unet
  std::vector<Section> terms;           ///< [term.NAME]; none: cross-entropy
  std::vector<Section> optimizers;      ///< [optimizer.NAME], of the network NAME
  std::vector<Section> streams;         ///< [stream.NAME]; none: one, `cases`
  Section augment;                      ///< empty kind: no augmentation
  std::vector<Section> augments;        ///< [augment.NAME], of the stream NAME
  std::vector<Section> supervise, distil, averages, candidates, frozen;  ///< procedure mutual
  Section translation, generator, discriminator;  ///< procedures unpaired and alignment
  bool labels_on_request = false;  ///< streams have labels where a lesson names them alone
  std::string panels;              ///< PNG of inputs, translations and ways back; empty: none
  int64_t panel_cases = 3;         ///< cases of each stream shown there
};

/// Which procedure trains, and what it needs besides.
struct Procedure {
  std::string name = "supervised";
  std::string teacher;          ///< checkpoint; empty: none
  std::string teacher_network;  ///< which of its networks; empty: the only one
  bool teacher_dropout = true;
  Section adversary;                 ///< empty kind: none
  std::vector<std::string> copied;   ///< parts of the network that are the teacher's, frozen
  bool allow_leak = false;           ///< a teacher may have learnt from held-out cases
  std::string kd_order = "literal";  ///< or alternate: networks learn one after the other
  /// Writes a picture [row][column][3]; where there is none, none is made.
  std::function<void(const std::string& path, int width, int height,
                     const std::vector<uint8_t>& rgb)>
      write_picture{};
};

}  // namespace kdseg::train

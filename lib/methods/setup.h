// What a procedure is built from, and what all procedures do alike.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "methods/method.h"
#include "optim/schedule.h"
#include "tensor/noise.h"

namespace kdseg::models {
class Discriminator;
}

namespace kdseg::methods {

/// The stream of cases that a procedure with one stream draws from where it has no other name.
inline constexpr const char* case_stream = "cases";

/// How a network's parameters move.
struct Regimen {
  optim::Options optimizer;
  optim::Schedule schedule;  ///< of base 1: what is left of the optimizer's rate
  int64_t accumulate = 1;    ///< steps whose mean gradient makes one update
  double clip_norm = 0;      ///< largest L2 norm of an update's gradients; 0: any
};

struct Trained {
  std::string name;
  models::Model model;  ///< on the device, initialized
  Regimen regimen;
};

struct Frozen {
  std::string name;
  models::Model model;
};

/// A stream as a procedure sees it.
struct StreamView {
  std::string name;
  std::vector<std::string> channels;  ///< of its images
  int64_t domain = 0;  ///< for networks with layers of their own for each kind of images
};

/// Two generators that translate between the images of two streams, and what judges them.
struct TranslationSetup {
  std::string from, to;  ///< streams
  Trained there, back;   ///< generators, called FROM-to-TO and TO-to-FROM
  /// Of the images of the stream `to`, and of `from`; null: the generators do not learn.
  std::shared_ptr<models::Discriminator> judge_of_to, judge_of_from;
  Regimen judging;  ///< of both discriminators
  Section section;  ///< [translation], see translation_parameters()
};

struct Setup {
  std::vector<Trained> networks;  ///< at least one, but where generators alone are trained
  std::vector<Frozen> frozen;     ///< a teacher is called `teacher`
  std::vector<StreamView> streams{{case_stream, {}}};
  /// Channels of the stream that the network is to make; empty: it segments.
  std::vector<std::string> made_channels;
  bool teacher_dropout = true;
  bool subsets = false;  ///< withhold random images from the network in every step
  std::vector<Section> terms;
  std::vector<Section> supervise, distil, averages, candidates;  ///< of the procedure mutual
  std::optional<TranslationSetup> translation;  ///< of the procedures unpaired and alignment
  /// Networks learn one after the other, each from what those before it have become.
  bool in_turn = false;
  std::optional<Section> adversary;  ///< the section [adversary], its width already settled
  optim::Schedule schedule;          ///< of the adversary's rate
  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;  ///< autocast type
  uint64_t seed = 0;

  const models::Model* teacher() const;          ///< null: none
  std::vector<const Trained*> learning() const;  ///< networks, then generators that learn
  /// Of a stream's images; samples of joined streams are taken for one kind.
  int64_t domain_of(const std::string& stream) const;
};

/// The network is looked at and does not learn: its parameters want no gradient.
void freeze(const models::Model& model);

/// Ids of all samples of a draw, by the streams' names.
std::vector<std::string> cases_in(const tensor::Draw& draw);

/// The images of these channels [N, C, ...], by their names in the batch; all of the batch's where
/// it does not tell names. The image itself where nothing changes.
/// \throws UsageError  the batch lacks one
at::Tensor images_of(const tensor::Batch& batch, const std::vector<std::string>& channels);

/// Dropout of one network in one step, one key per batch element: the same masks whatever else is
/// drawn, and in a continued run.
tensor::Noise step_noise(const StepInfo& info, const std::string& network, int64_t batch);

}  // namespace kdseg::methods

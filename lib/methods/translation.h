// Two generators that translate between the images of two streams, and learn it without pairs.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "losses/gan.h"
#include "losses/objective.h"
#include "methods/image_pool.h"
#include "methods/learner.h"

namespace kdseg::methods {

/// Keys of [translation].
std::span<const Parameter> translation_parameters();

/// Keeps gradients from modules' parameters while it is alive; they flow through to inputs.
class HeldStill {
 public:
  explicit HeldStill(const std::vector<torch::nn::Module*>& modules);
  ~HeldStill();
  HeldStill(const HeldStill&) = delete;
  HeldStill& operator=(const HeldStill&) = delete;

 private:
  std::vector<at::Tensor> parameters_;
};

/// What labels say of translated images: a segmenting network whose loss reaches the generator.
struct Guide {
  std::string name;  ///< in reports: "shape-<name>"
  double weight = 1;
  const models::Model* model = nullptr;  ///< held still
  std::span<const at::Tensor> weights;
  const losses::Objective* objective = nullptr;
};

/// Steps 2 to 5 of algorithm 1 of Li et al. 2020 (MKD), which are one iteration of CycleGAN in the
/// order of SIFA's code: the generator FROM-to-TO, the discriminator of TO, the generator
/// TO-to-FROM, the discriminator of FROM, each with what those before it have become. With
/// g-update = joint both generators move at once, then both discriminators, as in CycleGAN's code.
/// Two forward passes of the former order are those of an earlier step and are not repeated: the
/// translation of TO by a generator that has not moved since, and that of FROM, for translated().
/// Source: Zhu et al. 2017, arXiv:1703.10593; Chen et al. 2019, arXiv:1901.08211, with their code.
class Translation {
 public:
  /// `setup.translation` is set, and outlives the object. \throws UsageError  values that cannot go
  /// together
  explicit Translation(const Setup& setup);

  bool learns() const { return judged_[0].has_value(); }
  /// "FROM>TO" and "TO>FROM": what lessons call the translated streams.
  std::array<std::string, 2> streams() const;
  /// The stream that a translated one is made from.
  const std::string& origin_of(const std::string& translated) const;
  const models::Model& generator(size_t direction) const { return side(direction).model; }
  std::vector<Candidate::Member> generators() const;

  /// All updates. `guides` by direction, FROM>TO first. Values are added to `scalars`.
  void learn(const tensor::Draw& draw, const StepInfo& info,
             const std::array<std::vector<Guide>, 2>& guides, NamedScalars& scalars);

  /// Whether learn() leaves the translation behind that translated() gives, so that it costs
  /// nothing.
  bool keeps(const std::string& stream) const {
    return learns() && !at_once_ && stream == streams()[0];
  }

  /// A stream's batch with its images translated as the generators are now, without gradient; its
  /// labels stay.
  tensor::Batch translated(const std::string& stream, const tensor::Draw& draw);

  std::vector<Part> parts() const;
  /// Multiply-accumulates of learn() without guides, for samples of these sizes; and of one
  /// generator's forward pass over its stream's samples.
  int64_t macs(const Shapes& shapes) const;
  int64_t forward_macs(size_t direction, const Shapes& shapes) const;
  void save(io::Tree& tree, const std::string& prefix) const;
  void load(const io::Tree& tree, const std::string& prefix);

 private:
  /// One direction.
  struct Side {
    std::string from, to;
    models::Model model;
    std::unique_ptr<Learner> learner;  ///< null: it does not learn
  };
  /// The images that one direction makes, and their judge.
  struct Judged {
    Judged(std::shared_ptr<models::Discriminator> judge, const Regimen& regimen, ImagePool images);
    std::shared_ptr<models::Discriminator> judge;
    Updates updates;
    ImagePool pool;
  };
  /// What an iteration looks at, by direction: images of its stream, and what they become.
  struct Images {
    std::array<at::Tensor, 2> real, made;
  };

  const Side& side(size_t direction) const { return sides_[direction]; }
  at::Tensor image_of(size_t direction, const tensor::Draw& draw) const;
  at::Tensor made_by(size_t direction, const at::Tensor& images) const;
  at::Tensor score(size_t direction, const at::Tensor& images) const;
  std::vector<torch::nn::Module*> modules_but(size_t learning,
                                              const std::vector<Guide>& guides) const;

  at::Tensor adversarial_and_identity(size_t direction, const Images& images,
                                      NamedScalars& scalars) const;
  at::Tensor cycle(const Images& images, NamedScalars* scalars) const;
  at::Tensor loss_with_shapes(at::Tensor loss, size_t direction, const Images& images,
                              const tensor::Draw& draw, const StepInfo& info,
                              const std::vector<Guide>& guides, NamedScalars& scalars) const;
  void learn_in_turn(Images& images, const tensor::Draw& draw, const StepInfo& info,
                     const std::array<std::vector<Guide>, 2>& guides, NamedScalars& scalars);
  void learn_at_once(Images& images, const tensor::Draw& draw, const StepInfo& info,
                     const std::array<std::vector<Guide>, 2>& guides, NamedScalars& scalars);
  void teach_judge(size_t direction, const Images& images, const StepInfo& info,
                   NamedScalars& scalars);

  const Setup& setup_;
  losses::Gan gan_;
  double cycle_, identity_;
  bool at_once_;
  tensor::Statistics statistics_;
  std::array<Side, 2> sides_;
  std::array<std::optional<Judged>, 2> judged_;
  at::Tensor latest_;  ///< FROM>TO of this iteration's images by the generator as it is now
};

}  // namespace kdseg::methods

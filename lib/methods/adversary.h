// A discriminator that learns to tell the teacher's output from the student's, and pulls the
// student towards the teacher.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "methods/finite_report.h"
#include "models/catalog.h"
#include "models/work.h"
#include "optim/optimizer.h"

namespace kdseg::methods {

/// The keys of the section [adversary] that do not belong to the discriminator itself.
std::span<const Parameter> adversary_parameters();

/// Least-squares adversarial distillation. Source: HAD-Net, Vadacchino et al. 2021, equations 1
/// and 2; threshold and inputs as in the official code.
class Adversary {
 public:
  /// `type` is that of the student's parameters, `compute` the autocast type.
  /// \throws UsageError  unknown discriminator, unknown key, value out of range
  Adversary(const Section& section, int64_t image_channels, int64_t classes, at::Device device,
            at::ScalarType compute, at::ScalarType type, uint64_t seed);

  const std::vector<std::string>& needs() const { return needs_; }
  double weight() const { return weight_; }

  /// The discriminator's view of a student's output. One forward pass serves both the student's
  /// gradient and the discriminator's own update.
  struct Judgement {
    at::Tensor scores;                        ///< q, patch scores of the student's maps, float32
    at::Tensor adversarial;                   ///< mean (q - 1)^2, unweighted
    std::vector<at::Tensor> maps, gradients;  ///< of weight * adversarial with respect to the maps
  };
  /// Gradients reach the student's logits and every map it was asked for, never the
  /// discriminator's parameters. `images` [N, C, ...] are the student's.
  /// \throws UsageError  the discriminator was made for maps of other widths
  Judgement judge(const at::Tensor& images, const tensor::Output& student);

  struct Lesson {
    at::Tensor loss;      ///< mean (r - 1)^2 + mean q^2
    double accuracy = 0;  ///< (mean [r >= 0.5] + mean [q <= 0.5]) / 2
  };
  /// Scores the teacher's output (no gradient to it). \throws DataError  its maps differ in shape
  Lesson compare(const at::Tensor& images, const tensor::Output& teacher,
                 const Judgement& judgement);
  /// Updates the discriminator when it is right too seldom. \return whether it was updated
  bool learn(const Lesson& lesson, double learning_rate_scale);

  std::shared_ptr<torch::nn::Module> module() { return discriminator_->module(); }
  optim::Optimizer& optimizer() { return *optimizer_; }
  /// Multiply-accumulates of one iteration: two forward passes, the maps' gradients once, and one
  /// backward pass through each.
  int64_t macs(models::Network& student, int64_t channels, std::array<int64_t, 3> size) const {
    return 7 * models::macs_of(*discriminator_, student, channels, size);
  }

 private:
  at::Tensor score(const at::Tensor& images, const tensor::Output& output);

  double weight_;
  double threshold_;
  at::Device device_;
  at::ScalarType compute_;
  std::shared_ptr<models::Discriminator> discriminator_;
  std::vector<std::string> needs_;
  std::unique_ptr<optim::Optimizer> optimizer_;
};

}  // namespace kdseg::methods

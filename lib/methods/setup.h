// What a procedure is built from, and what all procedures do alike.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "methods/method.h"
#include "tensor/noise.h"

namespace kdseg::methods {

/// The stream of cases that supervised and teacher-student training draw from.
inline constexpr const char* case_stream = "cases";

struct Setup {
  models::Model student;  ///< on `device`, initialized
  /// Where the network's channels stand in the images of the stream; empty: all, in order.
  std::vector<int64_t> student_channels, teacher_channels;
  /// Where the channels stand that the network is to make; empty: it segments.
  std::vector<int64_t> made_channels;
  std::optional<models::Model> teacher;
  bool teacher_dropout = true;
  bool subsets = false;  ///< withhold random images from the student in every step
  std::vector<Section> terms;
  std::optional<Section> adversary;  ///< the section [adversary], its width already settled
  optim::AdamOptions optimizer;
  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;  ///< autocast type
  uint64_t seed = 0;
};

/// The channels at `positions` of an image [N, C, ...]; the image itself when empty or unchanged.
at::Tensor pick_channels(const at::Tensor& image, const std::vector<int64_t>& positions);

/// Dropout of one network in one step, one key per batch element: the same masks whatever else is
/// drawn, and in a continued run.
tensor::Noise step_noise(const StepInfo& info, const std::string& role, int64_t batch);

}  // namespace kdseg::methods

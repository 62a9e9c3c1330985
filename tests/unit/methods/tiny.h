// Small networks and batches for the tests of this folder.
#pragma once
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/sin.h>
#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "methods/setup.h"
#include "models/catalog.h"

namespace kdseg::methods {

/// Threads that wait for each other cost more than these small networks.
inline const bool one_thread = (at::set_num_threads(1), true);

inline Head tiny_head() {
  return {
      Head::Kind::softmax, {"background", "NCR", "ED", "ET"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
}

inline models::Model tiny_model(const std::vector<std::string>& channels, uint64_t seed,
                                at::ScalarType type = at::kFloat, const char* dropout = "0.2") {
  models::Model model;
  model.contract.channels = channels;
  model.contract.head = tiny_head();
  const Section section{
      "network", "had-net-unet", "test", {{"width", "2", "test"}, {"dropout", dropout, "test"}}};
  model.network =
      models::make_network(section, static_cast<int64_t>(channels.size()), 4, 0, &model.section);
  models::initialize(*model.network, seed);
  model.network->module().to(type);
  return model;
}

/// Another image and label for every `number`; four channels, side 32.
inline tensor::Draw tiny_draw(int number, at::ScalarType type = at::kFloat) {
  constexpr int64_t n = 32;
  tensor::Batch batch;
  batch.input.image = at::sin(at::arange(4 * n * n * n, at::kDouble) * 0.011 + number)
                          .view({1, 4, n, n, n})
                          .to(type);
  batch.target.classes =
      at::remainder(at::arange(n * n * n, at::kLong) + number, 4).view({1, n, n, n});
  batch.cases = {"case" + std::to_string(number)};
  batch.channels = {"flair", "t1ce", "t1", "t2"};
  return {{case_stream, batch}};
}

/// A setup that trains `model`.
inline Setup setup_of(models::Model model, const std::string& name = "student") {
  Setup setup;
  setup.networks.push_back({name, std::move(model), {}});
  return setup;
}

inline models::Model& student_of(Setup& setup) { return setup.networks.front().model; }
inline const models::Model& student_of(const Setup& setup) { return setup.networks.front().model; }

inline Section cross_entropy_section() {
  return {
      "term", "cross-entropy", "test", {{"class-weights", "1 59.4507 23.3190 71.8481", "test"}}};
}

inline std::vector<at::Tensor> copies(const torch::nn::Module& module) {
  std::vector<at::Tensor> values;
  for (const auto& p : module.parameters()) values.push_back(p.detach().clone());
  return values;
}

inline double largest_difference(const std::vector<at::Tensor>& a,
                                 const std::vector<at::Tensor>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, (a[i] - b[i]).abs().max().item<double>());
  return largest;
}

}  // namespace kdseg::methods

// Networks whose answers are known without running them.
#pragma once
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>
#include <torch/nn/module.h>

#include <memory>

#include "infer/member.h"
#include "models/network.h"

namespace kdseg::test {

/// Logit k of a voxel is (k + 1) times the sum of its channels: each voxel by itself.
class Pointwise : public models::Network {
 public:
  explicit Pointwise(int64_t classes, int64_t multiple = 1, double factor = 1)
      : classes_(classes), multiple_(multiple), factor_(factor) {}
  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  tensor::Output forward(const tensor::Input& input, std::span<const std::string>) override {
    for (int64_t a = 2; a < input.image.dim(); ++a)
      if (input.image.size(a) % multiple_ != 0) throw std::logic_error("size is no multiple");
    ++passes;
    largest = std::max(largest, input.image.numel());
    const at::Tensor sum = input.image.sum(1, true) * factor_;
    std::vector<at::Tensor> logits;
    for (int64_t k = 0; k < classes_; ++k) logits.push_back(sum * static_cast<double>(k + 1));
    return {at::cat(logits, 1), {}};
  }
  int64_t size_multiple() const override { return multiple_; }

  int passes = 0;
  int64_t largest = 0;

 private:
  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>("pointwise");
  int64_t classes_, multiple_;
  double factor_;
};

/// Two classes: logit 1 of a voxel is its value, plus its index along x, plus twice that along y;
/// logit 0 is 0.
class Tilted : public models::Network {
 public:
  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  tensor::Output forward(const tensor::Input& input, std::span<const std::string>) override {
    const at::Tensor sum = input.image.sum(1, true);
    const at::Tensor x = at::arange(sum.size(-1)), y = at::arange(sum.size(-2)).unsqueeze(1);
    return {at::cat({at::zeros_like(sum), sum + x + 2 * y}, 1), {}};
  }
  int64_t size_multiple() const override { return 1; }

 private:
  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>("tilted");
};

/// Of slices [N, C, H, W]: logit k is (k + 1) times the mean of a voxel and its eight neighbors (0
/// beyond the border) in the sum of the channels. What lies in front of a slice and behind it does
/// not count.
class Blur2D : public models::Network {
 public:
  Blur2D(int64_t classes, int64_t multiple) : classes_(classes), multiple_(multiple) {}
  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  tensor::Output forward(const tensor::Input& input, std::span<const std::string>) override {
    if (input.image.dim() != 4) throw std::logic_error("no slices");
    for (int64_t a = 2; a < 4; ++a)
      if (input.image.size(a) % multiple_ != 0) throw std::logic_error("size is no multiple");
    ++passes;
    const at::Tensor mean = at::avg_pool2d(input.image.sum(1, true), {3, 3}, {1, 1}, {1, 1});
    std::vector<at::Tensor> logits;
    for (int64_t k = 0; k < classes_; ++k) logits.push_back(mean * static_cast<double>(k + 1));
    return {at::cat(logits, 1), {}};
  }
  int64_t size_multiple() const override { return multiple_; }
  int64_t dimensions() const override { return 2; }

  int passes = 0;

 private:
  std::shared_ptr<torch::nn::Module> module_ = std::make_shared<torch::nn::Module>("blur");
  int64_t classes_, multiple_;
};

/// Members of a prediction, all of one name.
inline std::vector<infer::Member> members(const std::vector<models::Model>& models,
                                          const std::string& name = "model.h5") {
  std::vector<infer::Member> all;
  for (const auto& model : models) all.emplace_back(model, name);
  return all;
}

inline Head softmax_head(int classes) {
  Head head;
  const std::vector<int> codes{0, 1, 2, 4};
  const std::vector<std::string> names{"background", "NCR", "ED", "ET"};
  for (int k = 0; k < classes; ++k) {
    head.names.push_back(names[static_cast<size_t>(k)]);
    head.classes_of.push_back({k});
    head.codes.push_back(codes[static_cast<size_t>(k)]);
  }
  return head;
}

inline Head region_head() {
  return {Head::Kind::sigmoid, {"WT", "TC", "ET"}, {{1, 2, 3}, {1, 3}, {3}}, {0, 1, 2, 4}};
}

}  // namespace kdseg::test

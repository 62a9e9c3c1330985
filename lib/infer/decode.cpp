#include "infer/decode.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/max.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace kdseg::infer {
namespace {

/// The class a region adds to the smaller regions within it; 0 when it adds none.
int own_class(const Head& head, size_t region) {
  const auto& list = head.classes_of[region];
  std::set<int> own(list.begin(), list.end());
  for (const auto& other : head.classes_of) {
    const bool within =
        other.size() < list.size() && std::all_of(other.begin(), other.end(), [&](int c) {
          return std::find(list.begin(), list.end(), c) != list.end();
        });
    if (within)
      for (const int c : other) own.erase(c);
  }
  if (!own.empty()) return *own.begin();
  return list.empty() ? 0 : *std::min_element(list.begin(), list.end());
}

at::Tensor decode_regions(const at::Tensor& probability, const Head& head) {
  std::map<size_t, std::vector<int64_t>, std::greater<>> by_size;
  for (size_t k = 0; k < head.classes_of.size(); ++k)
    by_size[head.classes_of[k].size()].push_back(static_cast<int64_t>(k));
  at::Tensor label = at::zeros_like(probability.select(1, 0), at::kLong);
  for (const auto& [size, regions] : by_size) {
    std::vector<at::Tensor> channels;
    std::vector<int64_t> classes;
    for (const int64_t k : regions) {
      channels.push_back(probability.select(1, k));
      classes.push_back(own_class(head, static_cast<size_t>(k)));
    }
    const auto [best, which] = at::max(at::stack(channels, 1), 1);
    const at::Tensor table = at::tensor(classes, at::kLong).to(probability.device());
    label = at::where(best > 0.5, table.index_select(0, which.flatten()).view_as(which), label);
  }
  return label;
}

}  // namespace

at::Tensor probabilities_from(const at::Tensor& logits, const Head& head) {
  if (head.kind == Head::Kind::image) return logits;
  return head.kind == Head::Kind::softmax ? at::softmax(logits, 1) : at::sigmoid(logits);
}

at::Tensor decode(const at::Tensor& probability, const Head& head) {
  const at::NoGradGuard no_grad;
  if (head.kind == Head::Kind::image) throw std::logic_error("channels are no classes");
  return head.kind == Head::Kind::softmax ? at::argmax(probability, 1)
                                          : decode_regions(probability, head);
}

ClassTable classes_of(const Head& head, const ClassTable& known) {
  if (head.kind == Head::Kind::softmax) return {head.names, head.codes};
  if (known.codes == head.codes) return known;
  ClassTable table{{}, head.codes};
  for (const int code : head.codes)
    table.names.push_back(code == 0 ? "background" : fmt::format("code {}", code));
  return table;
}

at::Tensor as_tensor(const Image& image) {
  const auto& size = image.grid.size;
  return at::from_blob(const_cast<float*>(image.voxels.data()),
                       {1, static_cast<int64_t>(image.channels.size()), size[2], size[1], size[0]},
                       at::TensorOptions().dtype(at::kFloat));
}

std::vector<float> certain_background(const Head& head) {
  std::vector<float> outside(head.names.size(), 0.0f);
  if (head.kind == Head::Kind::softmax) outside[0] = 1.0f;
  return outside;
}

Labels decoded(const Image& probability, const Head& head) {
  const at::Tensor label = decode(as_tensor(probability), head).to(at::kByte).contiguous();
  const uint8_t* classes = label.const_data_ptr<uint8_t>();
  return {probability.grid, {classes, classes + label.numel()}};
}

}  // namespace kdseg::infer

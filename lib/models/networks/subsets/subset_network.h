// What U-HeMIS and U-HVED have in common: one encoder per image, so that any subset may be given.
#pragma once
#include <torch/nn/module.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/network.h"
#include "models/networks/subsets/fusion.h"
#include "models/networks/subsets/preactivation.h"

namespace kdseg::models {

/// A network's sizes. `encoded`: channels of the four levels of each image's encoder; `decoded`:
/// those that a decoder takes.
struct SubsetShape {
  int64_t images = 4;
  int64_t classes = 4;
  int64_t width = 8;
  int64_t dimensions = 3;
  std::array<int64_t, 4> encoded{};
  std::array<int64_t, 4> decoded{};
};

class SubsetNetwork : public Network {
 public:
  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  int64_t dimensions() const override { return shape_.dimensions; }
  int64_t size_multiple() const override { return 8; }
  // A single voxel has no spread: instance norm would erase the deepest level at 8 voxels.
  int64_t minimum_size() const override { return 16; }
  bool takes_subsets() const override { return true; }
  InitialWeights initial_weights() const override { return InitialWeights::truncated_normal; }

 protected:
  /// Registers the encoders as enc.0, enc.1, ... and the decoder of the classes as dec.seg.
  /// \throws UsageError  a width that is not even, or below 2
  SubsetNetwork(std::string name, const SubsetShape& shape, LinearGrid grid);

  /// Another decoder dec.NAME of these levels.
  std::shared_ptr<PyramidDecoder> add_decoder(const std::string& name, int64_t out);

  /// Which images are there, after the checks of check_input.
  Availability check(const tensor::Input& input, std::span<const std::string> wanted) const;

  /// Maps per level and image; undefined for images that no sample has, unless `all` are wanted.
  std::array<ImageMaps, 4> encode(const at::Tensor& image, const Availability& given, bool all,
                                  const Context& context) const;
  at::Tensor segment(const Pyramid& levels, const Context& context) const {
    return segmentation_->forward(levels, grid_, context);
  }

  const SubsetShape shape_;
  const LinearGrid grid_;

 private:
  std::string name_;
  std::shared_ptr<torch::nn::Module> module_, decoders_;
  std::vector<std::shared_ptr<ImageEncoder>> encoders_;
  std::shared_ptr<PyramidDecoder> segmentation_;
};

}  // namespace kdseg::models

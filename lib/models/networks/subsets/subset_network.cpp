#include "models/networks/subsets/subset_network.h"

#include "base/errors.h"
#include "models/networks/input_check.h"

namespace kdseg::models {

SubsetNetwork::SubsetNetwork(std::string name, const SubsetShape& shape, LinearGrid grid)
    : shape_(shape),
      grid_(grid),
      name_(std::move(name)),
      module_(std::make_shared<torch::nn::Module>()) {
  if (shape.width < 2 || shape.width % 2 != 0)
    throw UsageError("{}: width is {}, expected an even number", name_, shape.width);
  const auto enc = module_->register_module("enc", std::make_shared<torch::nn::Module>());
  for (int64_t i = 0; i < shape.images; ++i)
    encoders_.push_back(enc->register_module(
        std::to_string(i),
        std::make_shared<ImageEncoder>(shape.width, shape.encoded, shape.dimensions)));
  decoders_ = module_->register_module("dec", std::make_shared<torch::nn::Module>());
  segmentation_ = add_decoder("seg", shape.classes);
}

std::shared_ptr<PyramidDecoder> SubsetNetwork::add_decoder(const std::string& name, int64_t out) {
  return decoders_->register_module(
      name, std::make_shared<PyramidDecoder>(shape_.width, shape_.decoded, out, shape_.dimensions));
}

Availability SubsetNetwork::check(const tensor::Input& input,
                                  std::span<const std::string> wanted) const {
  check_input(*this, name_, input.image, shape_.images, wanted);
  return Availability(input.present, input.image.size(0), shape_.images, name_);
}

std::array<ImageMaps, 4> SubsetNetwork::encode(const at::Tensor& image, const Availability& given,
                                               bool all, const Context& context) const {
  std::array<ImageMaps, 4> maps;
  for (int64_t i = 0; i < shape_.images; ++i) {
    const at::Tensor one = image.narrow(1, i, 1);
    Pyramid levels;
    if (all || !given.none(i))
      levels =
          encoders_[static_cast<size_t>(i)]->forward(all ? one : given.only_given(one, i), context);
    for (size_t level = 0; level < 4; ++level) maps[level].push_back(levels[level]);
  }
  return maps;
}

}  // namespace kdseg::models

#include "methods/image_pool.h"

#include <ATen/ops/cat.h>

#include "models/checkpoint.h"

namespace kdseg::methods {

at::Tensor ImagePool::exchanged(const at::Tensor& image, Random& random) {
  if (count() < size_) {
    kept_.push_back(image.clone());
    return image;
  }
  if (random.uniform() < 0.5) return image;
  at::Tensor& place = kept_[random.below(static_cast<uint64_t>(size_))];
  const at::Tensor former = place;
  place = image.clone();
  return former;
}

at::Tensor ImagePool::query(const at::Tensor& images, Random& random) {
  const at::Tensor plain = images.detach();
  if (size_ == 0) return plain;
  if (unit_ == Unit::batch) return exchanged(plain, random);
  std::vector<at::Tensor> given;
  for (int64_t n = 0; n < plain.size(0); ++n)
    given.push_back(exchanged(plain.narrow(0, n, 1), random));
  return at::cat(given);
}

void ImagePool::save(io::Tree& tree, const std::string& prefix) const {
  tree.attributes[prefix]["count"] = count();
  for (int64_t i = 0; i < count(); ++i)
    tree.arrays[prefix + "/" + std::to_string(i)] = models::to_array(kept_[static_cast<size_t>(i)]);
}

void ImagePool::load(const io::Tree& tree, const std::string& prefix, at::Device device) {
  kept_.clear();
  for (int64_t i = 0; i < tree.integer(prefix, "count"); ++i)
    kept_.push_back(models::to_tensor(tree.array(prefix + "/" + std::to_string(i))).to(device));
}

}  // namespace kdseg::methods

// Images that a generator made before: what its discriminator is shown beside the latest.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "io/tree.h"

namespace kdseg::methods {

class ImagePool {
 public:
  /// What is kept and replaced as one.
  enum class Unit {
    image,  ///< every image by itself (CycleGAN's code)
    batch,  ///< all images of a step (SIFA's code)
  };

  /// `size`: images or batches that are kept at most; 0: none, query() gives back what it gets.
  ImagePool(int64_t size, Unit unit) : size_(size), unit_(unit) {}

  /// While the pool is not full, images are kept and given back. Then each is given back with
  /// probability 1/2, or else takes the place of a random one, which is given instead.
  /// `images` [N, ...]; the result has their shape and no gradient.
  /// Source: Shrivastava et al. 2017, arXiv:1612.07828; Zhu et al. 2017, arXiv:1703.10593, code.
  at::Tensor query(const at::Tensor& images, Random& random);

  int64_t count() const { return static_cast<int64_t>(kept_.size()); }

  /// Images under `prefix`/<number>.
  void save(io::Tree& tree, const std::string& prefix) const;
  /// \throws DataError  an image is missing
  void load(const io::Tree& tree, const std::string& prefix, at::Device device);

 private:
  at::Tensor exchanged(const at::Tensor& image, Random& random);

  int64_t size_;
  Unit unit_;
  std::vector<at::Tensor> kept_;
};

}  // namespace kdseg::methods

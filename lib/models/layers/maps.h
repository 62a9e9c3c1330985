// Feature maps on their way from one layer to the next, and what a forward pass tells its layers.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/functions/convolution.h"
#include "tensor/types.h"

namespace kdseg::models {

class Maps;

/// What one forward pass tells all its layers.
struct Context {
  Route route = Route::automatic;
  tensor::Noise* noise = nullptr;                                ///< null: no dropout
  tensor::Statistics statistics = tensor::Statistics::gathered;  ///< of batch norms
  int64_t domain = 0;  ///< whose layers run, where a network has some for each

  /// Of a network's forward(): the pass begins, its random sites with it.
  /// `plain`: LibTorch's own kernels.
  Context(const tensor::Input& input, bool plain);

  /// make() of a layer or block, once for all samples of an input where no dropout precedes it.
  Maps once(const void* block, const std::function<Maps()>& make) const;
  /// The same for what is made of x alone, where x is the same for all samples; `how` names it.
  Maps once_of(const Maps& x, const std::string& how,
               const std::function<at::Tensor(const at::Tensor&)>& make) const;
};

/// Maps [N, C, (D,) H, W] between two layers: a tensor, or one that still waits for what the layer
/// that reads it may do on the way: a norm with its LeakyReLU, dropout, standing beside other maps.
/// Layers see to that; everybody else asks for the tensor and gets it done. Copies are the same
/// maps.
class Maps {
 public:
  Maps() = default;
  Maps(at::Tensor x);  // NOLINT: a tensor is maps that wait for nothing

  /// Maps whose values x [N, C, ...] still wait for `activation` [N * C, 3] (see Part), which is
  /// done in place when somebody asks for them. Nobody else may hold x.
  static Maps waiting(at::Tensor x, at::Tensor activation);
  /// The same for all samples of an input, and kept.
  static Maps shared(at::Tensor x);

  /// Both along the channels, this one first.
  Maps beside(const Maps& next) const;
  /// Times the factors [S, C] of their channels; see Part for S.
  Maps times(const at::Tensor& mask) const;

  bool defined() const { return !pieces_.empty(); }
  bool is_meta() const;
  int64_t channels() const;
  /// [N, C, (D,) H, W] with all done that waited.
  at::Tensor tensor() const;
  /// The size of every axis of tensor(), which need not be made for it.
  std::vector<int64_t> sizes() const;

  struct Piece {
    /// Its x with activation; weight, mask and whole are undefined.
    std::shared_ptr<Part> part;
    at::Tensor mask{};
    bool shared = false;
    at::Tensor tensor() const;
  };
  /// For layers that read maps as they are.
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
};

/// Channel dropout; a random site of its own. No change without noise or where p is 0.
Maps drop_channels(const Maps& x, double p, const Context& context);

}  // namespace kdseg::models

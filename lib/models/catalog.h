// The networks there are: one row each.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "models/network.h"

namespace kdseg::models {

struct NetworkRow {
  std::string name, summary, source;
  std::vector<Parameter> parameters;
  std::function<std::shared_ptr<Network>(const Parameters&, int64_t in_channels,
                                         int64_t out_channels)>
      build;
};

const std::vector<NetworkRow>& networks();

/// Builds the network that a [network.NAME] section describes. `width` > 0 overrides its base
/// width. \throws UsageError  unknown name (nearest named), unknown key, value out of range
std::shared_ptr<Network> make_network(const Section& section, int64_t in_channels,
                                      int64_t out_channels, int64_t width = 0,
                                      Section* resolved = nullptr);

/// The parameter `convolution` of every row: auto or plain.
Parameter convolution_parameter();

/// Fills parameters as the network's paper says (initial_weights()), from a Philox stream: equal
/// for equal seeds on every device and for any number of threads. Norms start with 1 and 0.
void initialize(Network& network, uint64_t seed);

/// Discriminators: rows of their own, judged inputs named by `taps`.
class Discriminator {
 public:
  virtual ~Discriminator() = default;
  virtual std::shared_ptr<torch::nn::Module> module() = 0;
  /// What it needs of a segmentation network's Output::extra.
  virtual std::vector<std::string> needs() const = 0;
  /// Patch scores [N, 1, d, h, w]. `images` are the student's images, `output` a student's or
  /// teacher's output with the needed extras. Meta tensors give meta tensors.
  virtual at::Tensor forward(const at::Tensor& images, const tensor::Output& output) = 0;
  virtual InitialWeights initial_weights() const { return InitialWeights::uniform; }
};

struct DiscriminatorRow {
  std::string name, summary, source;
  std::vector<Parameter> parameters;
  std::function<std::shared_ptr<Discriminator>(const Parameters&, int64_t image_channels,
                                               int64_t classes)>
      build;
};

const std::vector<DiscriminatorRow>& discriminators();
std::shared_ptr<Discriminator> make_discriminator(const Section& section, int64_t image_channels,
                                                  int64_t classes, int64_t width = 0,
                                                  Section* resolved = nullptr);
/// The same of a discriminator.
void initialize(Discriminator& discriminator, uint64_t seed);

}  // namespace kdseg::models

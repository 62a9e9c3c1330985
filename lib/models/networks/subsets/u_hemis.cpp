#include "models/networks/subsets/u_hemis.h"

#include "models/catalog.h"
#include "models/networks/subsets/subset_network.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

/// Each image's maps have half the channels of what the decoder takes: their mean and variance.
SubsetShape shape_of(const UHemisOptions& o) {
  const int64_t b = o.width;
  return {o.images, o.classes, b, o.dimensions, {b / 2, b, 2 * b, 4 * b}, {b, 2 * b, 4 * b, 8 * b}};
}

class UHemis : public SubsetNetwork {
 public:
  explicit UHemis(const UHemisOptions& o)
      : SubsetNetwork("u-hemis", shape_of(o), o.grid), unbiased_(o.unbiased), plain_(o.plain) {}

  std::vector<std::string> extras() const override {
    return {"fused-0", "fused-1", "fused-2", "fused-3"};
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    const Availability given = check(input, wanted);
    const Context context(input, plain_);
    const auto maps = encode(input.image, given, false, context);
    Pyramid fused;
    for (size_t level = 0; level < 4; ++level)
      fused[level] = mean_and_variance(maps[level], given, unbiased_);

    tensor::Output output;
    output.logits = segment(fused, context);
    for (const auto& name : wanted)
      output.extra.set(name, fused[static_cast<size_t>(name.back() - '0')]);
    return output;
  }

 private:
  bool unbiased_, plain_;
};

}  // namespace

std::shared_ptr<Network> make_u_hemis(const UHemisOptions& options) {
  return std::make_shared<UHemis>(options);
}

NetworkRow u_hemis_row() {
  return {"u-hemis", "U-Net that takes any subset of its images: mean and variance of their maps",
          "Havaei et al. 2016, arXiv:1607.05194; Dorent et al. 2019, arXiv:1907.11150, and the "
          "authors' code",
          pyramid_parameters(
              {"variance",
               Kind::choice,
               "population",
               "over the given images: population divides by their number, unbiased by one less",
               -1e300,
               1e300,
               {"population", "unbiased"}}),
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_u_hemis({.images = in,
                                 .classes = out,
                                 .width = p.integer("width"),
                                 .grid = upsampling_of(p),
                                 .unbiased = p.text("variance") == "unbiased",
                                 .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models

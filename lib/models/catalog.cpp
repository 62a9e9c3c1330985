#include "models/catalog.h"

#include "base/errors.h"
#include "base/text.h"
#include "models/networks/cascaded_unet.h"
#include "models/networks/kd_net_unet.h"
#include "models/networks/patch_discriminator.h"
#include "models/networks/patch_gan.h"
#include "models/networks/residual_unet.h"
#include "models/networks/resnet_generator.h"
#include "models/networks/subsets/u_hemis.h"
#include "models/networks/subsets/u_hved.h"
#include "models/networks/unet.h"
#include "models/networks/vae_unet.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

const char* const had_net = "Vadacchino et al. 2021, arXiv:2103.16617, and the authors' code";

Parameter width_parameter() {
  return {"width", Kind::integer, "32", "base width k: channels of the first level", 1, 1024, {}};
}

/// Finds the row of a section and the checked values of its parameters.
template <class Row>
std::pair<const Row*, Parameters> find(const std::vector<Row>& rows, const Section& section,
                                       int64_t width, const char* what, Section* resolved) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  for (const auto& row : rows) {
    if (row.name != section.name) continue;
    Section chosen = section;
    if (width > 0) chosen.settings.push_back({"width", std::to_string(width), "--width"});
    Parameters parameters(row.parameters, chosen);
    if (resolved) *resolved = parameters.resolved();
    return {&row, std::move(parameters)};
  }
  const std::string where = section.where.empty() ? "" : section.where + ": ";
  throw UsageError("{}unknown {} '{}'{}", where, what, section.name,
                   did_you_mean(section.name, names));
}

DiscriminatorRow patch_discriminator_row(const char* name, const char* summary, bool maps) {
  return {name,
          summary,
          had_net,
          {width_parameter(),
           {"seg-input",
            Kind::choice,
            "logits",
            "what it sees of the segmentation",
            -1e300,
            1e300,
            {"logits", "softmax"}},
           {"condition-on-images",
            Kind::toggle,
            "on",
            "also sees the student's images",
            -1e300,
            1e300,
            {}},
           convolution_parameter()},
          [maps](const Parameters& p, int64_t image_channels, int64_t classes) {
            return make_patch_discriminator({.image_channels = image_channels,
                                             .classes = classes,
                                             .width = p.integer("width"),
                                             .maps = maps,
                                             .softmax = p.text("seg-input") == "softmax",
                                             .with_images = p.toggle("condition-on-images"),
                                             .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace

Parameter convolution_parameter() {
  return {"convolution",    Kind::choice,
          "auto",           "auto: the fastest equal kernels; plain: LibTorch's own",
          -1e300,           1e300,
          {"auto", "plain"}};
}

const std::vector<NetworkRow>& networks() {
  static const std::vector<NetworkRow> rows{
      {"had-net-unet",
       "3D U-Net of five levels with instance norm and channel dropout",
       had_net,
       {width_parameter(),
        {"dropout",
         Kind::number,
         "0.2",
         "probability that a whole channel is dropped",
         0.0,
         0.99,
         {}},
        {"first-dropout",
         Kind::choice,
         "by-channels",
         "dropout in the first block: by-channels: when it has at least `width` input channels "
         "(the authors' code); never",
         -1e300,
         1e300,
         {"by-channels", "never"}},
        {"dropout-blocks",
         Kind::texts,
         "all",
         "blocks that drop channels of their input: all, or some of d1 d2 d3 d4 c5 u4 u3 u2 u1; "
         "with the last alone, mcdropout computes the rest once per case",
         -1e300,
         1e300,
         {}},
        convolution_parameter()},
       [](const Parameters& p, int64_t in, int64_t out) {
         const auto blocks = p.texts("dropout-blocks");
         return make_unet({.in_channels = in,
                           .classes = out,
                           .width = p.integer("width"),
                           .dropout = p.number("dropout"),
                           .first_dropout_by_channels = p.text("first-dropout") == "by-channels",
                           .dropout_blocks = blocks == std::vector<std::string>{"all"}
                                                 ? std::vector<std::string>{}
                                                 : blocks,
                           .plain = p.text("convolution") == "plain"});
       }},
      kd_net_unet_row(),
      no_new_net_row(),
      vae_unet_row(),
      cascaded_unet_row(),
      u_hemis_row(),
      u_hved_row(),
      residual_unet_row(),
      resnet_generator_row(),
  };
  return rows;
}

std::shared_ptr<Network> make_network(const Section& section, int64_t in_channels,
                                      int64_t out_channels, int64_t width, Section* resolved) {
  const auto [row, parameters] = find(networks(), section, width, "network", resolved);
  return row->build(parameters, in_channels, out_channels);
}

const std::vector<DiscriminatorRow>& discriminators() {
  static const std::vector<DiscriminatorRow> rows{
      patch_discriminator_row("hierarchical-discriminator",
                              "judges logits, images and feature maps of three resolutions; patch "
                              "scores",
                              true),
      patch_discriminator_row("output-discriminator",
                              "judges logits and images only (AD-Net); patch scores", false),
      patch_gan_row(),
  };
  return rows;
}

std::shared_ptr<Discriminator> make_discriminator(const Section& section, int64_t image_channels,
                                                  int64_t classes, int64_t width,
                                                  Section* resolved) {
  const auto [row, parameters] = find(discriminators(), section, width, "discriminator", resolved);
  return row->build(parameters, image_channels, classes);
}

}  // namespace kdseg::models

#include "data/augment/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::data {
namespace {

constexpr int64_t replaying_workers = 11;  // loading processes of the official code

const std::vector<Parameter>& declared() {
  using Kind = Parameter::Kind;
  static const std::vector<Parameter> rows{
      {"flip-axis",
       Kind::texts,
       "x",
       "axes that are reversed at random: x y z or none",
       -1e300,
       1e300,
       {}},
      {"flip-probability",
       Kind::number,
       "0.5",
       "per axis and case (HAD-Net, official code)",
       0,
       1,
       {}},
      {"affine-probability", Kind::number, "0.8", "per case (HAD-Net, official code)", 0, 1, {}},
      {"rotation-deg", Kind::number, "4", "greatest angle about each axis, degrees", 0, 180, {}},
      {"shear", Kind::number, "0.04", "greatest shear, no unit", 0, 1, {}},
      {"scale", Kind::number, "0.04", "greatest change of scale per axis, no unit", 0, 0.9, {}},
      {"rng",
       Kind::choice,
       "independent",
       "independent draws, or replay19: the short sequence that the official code repeats",
       -1e300,
       1e300,
       {"independent", "replay19"}},
      {"rotation-probability",
       Kind::number,
       "1",
       "that an affine map turns (model distillation: 0.5)",
       0,
       1,
       {}},
      {"scale-probability",
       Kind::number,
       "1",
       "that an affine map scales (model distillation: 0.5)",
       0,
       1,
       {}},
      {"transpose-probability",
       Kind::number,
       "0",
       "that x and y change places (Lachinov et al. 2020, code: 0.5)",
       0,
       1,
       {}},
      {"about",
       Kind::choice,
       "volume",
       "what flips, turns and scales leave in place: the middle of the volume, or of the patch",
       -1e300,
       1e300,
       {"volume", "patch"}},
      {"patch-position",
       Kind::choice,
       "anywhere",
       "anywhere in the volume, or with its middle near the label's foreground, in the brain where "
       "there is none (Lachinov et al. 2020, code)",
       -1e300,
       1e300,
       {"anywhere", "near-label"}},
      {"patch-margin",
       Kind::integer,
       "50",
       "voxels around the box of the foreground that count as near",
       0,
       4096,
       {}},
      {"label-interpolation",
       Kind::choice,
       "nearest",
       "of labels between voxels: nearest, or linear, which makes soft labels (Lachinov et al. "
       "2020, code)",
       -1e300,
       1e300,
       {"nearest", "linear"}},
      {"contrast",
       Kind::number,
       "0",
       "greatest change of a channel's factor, where it is not background (model distillation: "
       "0.1)",
       0,
       1,
       {}},
      {"shift",
       Kind::number,
       "0",
       "greatest number added to a channel there (model distillation: 0.2 standard deviations)",
       0,
       1e6,
       {}},
      {"gamma",
       Kind::numbers,
       "1 1",
       "least and greatest exponent of a channel's intensities within its range (Isensee et al. "
       "2018, code: 0.8 1.5)",
       0.01,
       100,
       {}},
      {"channel-dropout",
       Kind::number,
       "0",
       "probability that a channel becomes standard normal noise (Lachinov et al. 2018, code: 0.1)",
       0,
       1,
       {}},
      {"elastic-probability", Kind::number, "0", "of a smooth random displacement", 0, 1, {}},
      {"elastic-alpha",
       Kind::numbers,
       "0 1300",
       "least and greatest factor of the displacement (Isensee et al. 2018, code)",
       0,
       1e6,
       {}},
      {"elastic-sigma",
       Kind::numbers,
       "10 13",
       "least and greatest deviation of the Gaussian that smooths it, voxels (the same)",
       0.1,
       1000,
       {}},
  };
  return rows;
}

int axis_number(const std::string& name, const std::string& where) {
  for (int axis = 0; axis < 3; ++axis)
    if (name == std::string(1, "zyx"[axis])) return axis;
  throw UsageError("{}: flip-axis is '{}', expected x, y, z or none", where, name);
}

/// Two numbers, the first not above the second.
void read_range(const Parameters& values, const char* key, const std::string& where, double& least,
                double& greatest) {
  const auto numbers = values.numbers(key);
  if (numbers.size() != 2 || numbers[0] > numbers[1])
    throw UsageError("{}: {} is '{}', expected the least and the greatest", where, key,
                     values.text(key));
  least = numbers[0];
  greatest = numbers[1];
}

}  // namespace

std::span<const Parameter> augment_parameters() { return declared(); }

Augmentation augmentation_from(const Section& section) {
  const Parameters values(declared(), section);
  Augmentation made;
  made.flip_axes.clear();
  const auto axes = values.texts("flip-axis");
  if (axes != std::vector<std::string>{"none"})
    for (const auto& name : axes) {
      const int axis = axis_number(name, section.where);
      if (std::find(made.flip_axes.begin(), made.flip_axes.end(), axis) == made.flip_axes.end())
        made.flip_axes.push_back(axis);
    }
  made.flip_probability = values.number("flip-probability");
  made.affine_probability = values.number("affine-probability");
  made.rotation_deg = values.number("rotation-deg");
  made.shear = values.number("shear");
  made.scale = values.number("scale");
  made.replay = values.text("rng") == "replay19";
  made.rotation_probability = values.number("rotation-probability");
  made.scale_probability = values.number("scale-probability");
  made.transpose_probability = values.number("transpose-probability");
  made.about_patch = values.text("about") == "patch";
  made.near_label = values.text("patch-position") == "near-label";
  made.patch_margin = values.integer("patch-margin");
  made.soft_labels = values.text("label-interpolation") == "linear";
  IntensityVariation& intensity = made.intensity;
  intensity.contrast = values.number("contrast");
  intensity.shift = values.number("shift");
  read_range(values, "gamma", section.where, intensity.least_gamma, intensity.greatest_gamma);
  intensity.channel_dropout = values.number("channel-dropout");
  ElasticVariation& elastic = made.elastic;
  elastic.probability = values.number("elastic-probability");
  read_range(values, "elastic-alpha", section.where, elastic.least_alpha, elastic.greatest_alpha);
  read_range(values, "elastic-sigma", section.where, elastic.least_sigma, elastic.greatest_sigma);
  return made;
}

AffineDraw draw_affine(const Augmentation& options, Random& random) {
  AffineDraw draw;
  for (const int axis : options.flip_axes)
    draw.flip[static_cast<size_t>(axis)] = random.uniform() < options.flip_probability;
  draw.affine = random.uniform() < options.affine_probability;
  for (auto& angle : draw.angle_deg)
    angle = random.uniform(-options.rotation_deg, options.rotation_deg);
  for (auto& shear : draw.shear) shear = random.uniform(-options.shear, options.shear);
  for (auto& scale : draw.scale) scale = 1 + random.uniform(-options.scale, options.scale);
  if (random.uniform() >= options.rotation_probability) draw.angle_deg = {0, 0, 0};
  if (random.uniform() >= options.scale_probability) draw.scale = {1, 1, 1};
  draw.transpose = random.uniform() < options.transpose_probability;
  return draw;
}

Matrix affine_matrix(const AffineDraw& draw) {
  std::array<double, 3> c{}, s{};
  for (size_t i = 0; i < 3; ++i) {
    const double radians = draw.angle_deg[i] * std::numbers::pi / 180;
    c[i] = std::cos(radians);
    s[i] = std::sin(radians);
  }
  const Matrix r0{1, 0, 0, 0, c[0], -s[0], 0, s[0], c[0]};
  const Matrix r1{c[1], 0, s[1], 0, 1, 0, -s[1], 0, c[1]};
  const Matrix r2{c[2], -s[2], 0, s[2], c[2], 0, 0, 0, 1};
  const Matrix shears{1, draw.shear[0], draw.shear[1], draw.shear[2], 1, 0, 0, 0, 1};
  const Matrix scales{draw.scale[0], 0, 0, 0, draw.scale[1], 0, 0, 0, draw.scale[2]};
  return multiply(multiply(multiply(r0, r1), r2), multiply(shears, scales));
}

Matrix pull_matrix(const AffineDraw& draw) {
  Matrix mirror = identity;
  for (size_t axis = 0; axis < 3; ++axis)
    if (draw.flip[axis]) mirror[4 * axis] = -1;
  if (draw.transpose) mirror = multiply({1, 0, 0, 0, 0, 1, 0, 1, 0}, mirror);
  return draw.affine ? multiply(mirror, affine_matrix(draw)) : mirror;
}

Random augment_stream(const Augmentation& options, uint64_t seed, const Place& place,
                      const Sampler& sampler, int64_t element) {
  if (options.replay)
    return {
        seed,
        static_cast<uint64_t>(place.batch_number / replaying_workers * sampler.batch() + element),
        purpose_of("augment-replay", sampler.stream())};
  return sample_stream("augment", seed, place, sampler, element);
}

Random sample_stream(const std::string& purpose, uint64_t seed, const Place& place,
                     const Sampler& sampler, int64_t element) {
  const auto position = static_cast<uint64_t>(place.batch_number * sampler.batch() + element);
  return {seed, (static_cast<uint64_t>(place.epoch) << 32) | position,
          purpose_of(purpose, sampler.stream())};
}

}  // namespace kdseg::data

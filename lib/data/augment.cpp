#include "data/augment.h"

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
  };
  return rows;
}

int axis_number(const std::string& name, const std::string& where) {
  for (int axis = 0; axis < 3; ++axis)
    if (name == std::string(1, "zyx"[axis])) return axis;
  throw UsageError("{}: flip-axis is '{}', expected x, y, z or none", where, name);
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
  return draw.affine ? multiply(mirror, affine_matrix(draw)) : mirror;
}

Random augment_stream(const Augmentation& options, uint64_t seed, const Place& place,
                      const Sampler& sampler, int64_t element) {
  if (options.replay)
    return {
        seed,
        static_cast<uint64_t>(place.batch_number / replaying_workers * sampler.batch() + element),
        purpose_of("augment-replay", sampler.stream())};
  const auto position = static_cast<uint64_t>(place.batch_number * sampler.batch() + element);
  return {seed, (static_cast<uint64_t>(place.epoch) << 32) | position,
          purpose_of("augment", sampler.stream())};
}

}  // namespace kdseg::data

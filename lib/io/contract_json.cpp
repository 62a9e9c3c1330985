#include "io/contract_json.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/errors.h"
#include "base/text.h"
#include "io/volume_file.h"

namespace kdseg::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t largest_side = int64_t{1} << 31;
// Windows are set aside in memory whole: a GiB for every channel at most.
constexpr int64_t largest_window_side = 4096, largest_window = int64_t{1} << 28;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

void check_grid(const Grid& grid) {
  for (int i = 0; i < 3; ++i) {
    require(grid.size[i] >= 0 && grid.size[i] < largest_side, "a size out of range");
    require(std::isfinite(grid.spacing_mm[i]) && grid.spacing_mm[i] > 0,
            "a spacing that is not positive");
    require(std::isfinite(grid.origin_mm[i]), "an origin that is not finite");
  }
  for (const double d : grid.direction) require(std::isfinite(d), "a direction that is not finite");
}

Json to_json(const Grid& grid) {
  return {{"size", grid.size},
          {"spacing-mm", grid.spacing_mm},
          {"origin-mm", grid.origin_mm},
          {"direction", grid.direction}};
}

Grid grid_from(const Json& json) {
  Grid grid;
  json.at("size").get_to(grid.size);
  json.at("spacing-mm").get_to(grid.spacing_mm);
  json.at("origin-mm").get_to(grid.origin_mm);
  json.at("direction").get_to(grid.direction);
  check_grid(grid);
  return grid;
}

Json to_json(const Step& step) {
  if (const auto* s = std::get_if<Reorient>(&step))
    return {{"reorient", {{"axis", s->axis}, {"flip", s->flip}}}};
  if (const auto* s = std::get_if<Box>(&step))
    return {{"box", {{"begin", s->begin}, {"size", s->size}}}};
  return {{"resample", to_json(std::get<Resample>(step).target)}};
}

Step step_from(const Json& json) {
  require(json.is_object() && json.size() == 1,
          "a step that is not one of reorient, box, resample");
  const std::string kind = json.begin().key();
  const Json& value = json.begin().value();
  if (kind == "reorient") {
    Reorient step;
    value.at("axis").get_to(step.axis);
    value.at("flip").get_to(step.flip);
    std::array<int, 3> seen{0, 0, 0};
    for (const int a : step.axis) {
      require(a >= 0 && a < 3, "a reorientation with an axis outside 0 to 2");
      require(++seen[static_cast<size_t>(a)] == 1, "a reorientation that names an axis twice");
    }
    return step;
  }
  if (kind == "box") {
    Box step;
    value.at("begin").get_to(step.begin);
    value.at("size").get_to(step.size);
    for (int i = 0; i < 3; ++i)
      require(step.size[i] >= 0 && step.size[i] < largest_side &&
                  std::abs(step.begin[i]) < largest_side,
              "a box out of range");
    return step;
  }
  require(kind == "resample", "a step that is not one of reorient, box, resample");
  return Resample{grid_from(value)};
}

/// Parses and converts; whatever goes wrong becomes one DataError.
template <class Convert>
auto from_text(const std::string& text, const std::string& where, const char* what,
               Convert convert) {
  try {
    return convert(Json::parse(text));
  } catch (const std::exception& e) {
    throw DataError("{}: {} cannot be understood: {}", where, what, e.what());
  }
}

template <class T, size_t N>
std::array<T, N> to_array_of(const Tree& tree, const std::string& name, const std::vector<T>& v) {
  if (v.size() != N)
    throw DataError("{}: attribute '{}' of / has {} values, expected {}", tree.file_, name,
                    v.size(), N);
  std::array<T, N> out;
  std::copy(v.begin(), v.end(), out.begin());
  return out;
}

}  // namespace

std::string grid_to_json(const Grid& grid) { return to_json(grid).dump(); }

std::string chain_to_json(const Chain& chain) {
  Json json{{"source", to_json(chain.source)}, {"steps", Json::array()}};
  for (const auto& step : chain.steps) json["steps"].push_back(to_json(step));
  return json.dump();
}

Chain chain_from_json(const std::string& text, const std::string& where) {
  return from_text(text, where, "the chain of steps", [](const Json& json) {
    Chain chain{grid_from(json.at("source")), {}};
    for (const auto& step : json.at("steps")) chain.steps.push_back(step_from(step));
    return chain;
  });
}

Chain chain_from_json(const std::string& text) { return chain_from_json(text, "chain"); }

constexpr const char* head_kinds[]{"softmax", "sigmoid", "image"};

std::string head_to_json(const Head& head) {
  return Json{{"kind", head_kinds[static_cast<int>(head.kind)]},
              {"names", head.names},
              {"classes-of", head.classes_of},
              {"codes", head.codes}}
      .dump();
}

Head head_from_json(const std::string& text, const std::string& where) {
  return from_text(text, where, "the head", [](const Json& json) {
    Head head;
    const auto kind = json.at("kind").get<std::string>();
    const auto known = std::find(std::begin(head_kinds), std::end(head_kinds), kind);
    require(known != std::end(head_kinds), "a kind other than softmax, sigmoid and image");
    head.kind = static_cast<Head::Kind>(known - std::begin(head_kinds));
    json.at("names").get_to(head.names);
    json.at("classes-of").get_to(head.classes_of);
    json.at("codes").get_to(head.codes);
    require(head.classes_of.size() == head.names.size(), "as many class lists as names expected");
    for (const auto& classes : head.classes_of)
      for (const int c : classes)
        require(c >= 0 && c < static_cast<int>(head.codes.size()), "a class without a code");
    return head;
  });
}

std::string tiling_to_json(const Tiling& tiling) {
  const char* const kind = tiling.kind == Tiling::Kind::window   ? "window"
                           : tiling.kind == Tiling::Kind::slices ? "slices"
                                                                 : "whole";
  return Json{{"kind", kind}, {"size", tiling.size}, {"overlap", tiling.overlap}}.dump();
}

Tiling tiling_from_json(const std::string& text, const std::string& where) {
  return from_text(text, where, "the tiling", [](const Json& json) {
    const auto kind = json.at("kind").get<std::string>();
    Tiling tiling;
    if (kind == "window")
      tiling.kind = Tiling::Kind::window;
    else if (kind == "slices")
      tiling.kind = Tiling::Kind::slices;
    else
      require(kind == "whole", "a kind other than whole, window and slices");
    json.at("size").get_to(tiling.size);
    json.at("overlap").get_to(tiling.overlap);
    require(tiling.overlap >= 0 && tiling.overlap < 1, "an overlap outside [0, 1)");
    int64_t voxels = 1;
    for (const int64_t side : tiling.size) {
      require(side >= 0 && side <= largest_window_side, "a size out of range");
      voxels *= std::max<int64_t>(side, 1);
    }
    require(voxels <= largest_window, "a window of more than 2^28 voxels");
    return tiling;
  });
}

std::vector<std::string> regions_to_texts(const std::vector<Region>& regions) {
  std::vector<std::string> texts;
  for (const auto& region : regions)
    texts.push_back(fmt::format("{}={}", region.name, fmt::join(region.codes, ",")));
  return texts;
}

std::vector<Region> regions_from_texts(const std::vector<std::string>& texts,
                                       const std::string& where) {
  std::vector<Region> regions;
  for (const auto& text : texts) {
    const auto equals = text.rfind('=');
    Region region;
    bool good = equals != std::string::npos && equals > 0;
    if (good) {
      region.name = text.substr(0, equals);
      for (const auto& item : split_list(text.substr(equals + 1))) {
        const auto code = parse_integer(item);
        good = good && code && *code >= 0 && *code <= 65535;
        if (good) region.codes.push_back(static_cast<int>(*code));
      }
    }
    if (!good || region.codes.empty())
      throw DataError("{}: region '{}', expected NAME=CODE,CODE", where, text);
    regions.push_back(std::move(region));
  }
  return regions;
}

void put_grid(Tree& tree, const Grid& grid) {
  auto& root = tree.attributes["/"];
  root["size"] = std::vector<int64_t>(grid.size.begin(), grid.size.end());
  root["spacing-mm"] = std::vector<double>(grid.spacing_mm.begin(), grid.spacing_mm.end());
  root["origin-mm"] = std::vector<double>(grid.origin_mm.begin(), grid.origin_mm.end());
  root["direction"] = std::vector<double>(grid.direction.begin(), grid.direction.end());
}

Grid get_grid(const Tree& tree, const std::string& array) {
  Grid grid;
  if (tree.has_attribute("/", "size")) {
    grid.size = to_array_of<int64_t, 3>(tree, "size", tree.integers("/", "size"));
  } else {
    const auto& shape = tree.array(array).shape;
    if (shape.size() < 3)
      throw DataError("{}: {} has {} axes, expected z, y, x", tree.file_, array, shape.size());
    grid.size = {shape[shape.size() - 1], shape[shape.size() - 2], shape[shape.size() - 3]};
  }
  grid.spacing_mm = to_array_of<double, 3>(tree, "spacing-mm", tree.numbers("/", "spacing-mm"));
  if (tree.has_attribute("/", "origin-mm"))
    grid.origin_mm = to_array_of<double, 3>(tree, "origin-mm", tree.numbers("/", "origin-mm"));
  if (tree.has_attribute("/", "direction"))
    grid.direction = to_array_of<double, 9>(tree, "direction", tree.numbers("/", "direction"));
  try {
    check_grid(grid);
  } catch (const std::runtime_error& e) {
    throw DataError("{}: the grid has {}", tree.file_, e.what());
  }
  return grid;
}

void put_classes(Tree& tree, const ClassTable& classes) {
  auto& root = tree.attributes["/"];
  root["class-names"] = classes.names;
  root["class-codes"] = std::vector<int64_t>(classes.codes.begin(), classes.codes.end());
}

ClassTable get_classes(const Tree& tree) {
  ClassTable classes;
  classes.names = tree.texts_or_none("/", "class-names");
  std::vector<int64_t> codes(classes.names.size());
  std::iota(codes.begin(), codes.end(), 0);
  if (tree.has_attribute("/", "class-codes")) codes = tree.integers("/", "class-codes");
  for (const int64_t code : codes) {
    if (code < 0 || code > 65535)
      throw DataError("{}: attribute 'class-codes' of / holds {}, expected 0 to 65535", tree.file_,
                      code);
    classes.codes.push_back(static_cast<int>(code));
  }
  if (classes.names.size() != classes.codes.size() || classes.names.size() > 256)
    throw DataError("{}: {} class-names and {} class-codes", tree.file_, classes.names.size(),
                    classes.codes.size());
  return classes;
}

std::string get_case_id(const Tree& tree) {
  return tree.text_or("/", "case", std::filesystem::path(tree.file_).stem().string());
}

Chain get_chain(const Tree& tree, const Grid& grid) {
  if (!tree.has_attribute("/", "chain")) return {grid, {}};
  Chain chain = chain_from_json(tree.text("/", "chain"), tree.file_);
  const auto end = end_size(chain);
  if (end != grid.size)
    throw DataError("{}: the chain ends at {}, the grid has {} voxels", tree.file_,
                    fmt::format("{}", fmt::join(end, "x")),
                    fmt::format("{}", fmt::join(grid.size, "x")));
  return chain;
}

std::array<int64_t, 3> end_size(const Chain& chain) {
  auto size = chain.source.size;
  for (const auto& step : chain.steps) {
    if (const auto* s = std::get_if<Reorient>(&step)) {
      const auto before = size;
      for (int i = 0; i < 3; ++i) size[i] = before[static_cast<size_t>(s->axis[i])];
    } else if (const auto* s = std::get_if<Box>(&step)) {
      size = s->size;
    } else {
      size = std::get<Resample>(step).target.size;
    }
  }
  return size;
}

}  // namespace kdseg::io

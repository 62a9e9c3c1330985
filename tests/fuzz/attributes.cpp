// Structures of our own sealed files (networks and contracts of checkpoints, chains and classes of
// volumes, heads of predictions): one attribute is replaced by the input. What is taken is written
// and read again alike.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fuzz/fuzz.h"
#include "io/checkpoint_file.h"
#include "io/prediction_file.h"
#include "io/volume_file.h"
#include "unit/io/examples.h"

using namespace kdseg;

namespace {

enum Kind { volume, prediction, checkpoint, kinds };
constexpr const char* schemas[kinds] = {"volume", "prediction", "checkpoint"};

struct Example {
  io::Tree tree;
  std::vector<std::pair<std::string, std::string>> attributes;  ///< object and name
};

Example example_of(Kind kind) {
  const fuzz::File file("example.h5", nullptr, 0);
  const io::WriteOptions force{.force = true};
  if (kind == volume)
    io::write_volume(file.path(), test::small_volume(), {}, {.force = true});
  else if (kind == prediction)
    io::write_prediction(file.path(), test::small_prediction(), {}, {.force = true});
  else
    io::write_checkpoint(file.path(), test::small_checkpoint(), {}, force);
  Example example{io::read_tree(file.path(), schemas[kind]), {}};
  for (const auto& [object, named] : example.tree.attributes)
    for (const auto& [name, value] : named) example.attributes.emplace_back(object, name);
  return example;
}

/// \return content_sha256 of what was read, written again
std::string through(const std::string& path, Kind kind) {
  const io::WriteOptions force{.force = true};
  if (kind == volume) return io::write_volume(path, io::read_volume(path), {}, {.force = true});
  if (kind == prediction)
    return io::write_prediction(path, io::read_prediction(path, true), {}, {.force = true});
  return io::write_checkpoint(path, io::read_checkpoint(path), {}, force);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Example examples[kinds] = {example_of(volume), example_of(prediction),
                                          example_of(checkpoint)};
  if (size < 2) return 0;
  const auto kind = static_cast<Kind>(data[0] % kinds);
  const auto form = data[0] / kinds % 5;
  const Example& example = examples[kind];
  const auto& [object, name] = example.attributes[data[1] % example.attributes.size()];
  const auto text = fuzz::text_of(data + 2, size - 2);
  io::Tree tree = example.tree;
  auto& value = tree.attributes[object][name];
  if (form == 0)
    value = text;
  else if (form == 1)
    value = split(text, '\n');
  else if (form == 2)
    value = parse_number(text).value_or(0.0);
  else if (form == 3)
    value = parse_integer(text).value_or(0);
  else
    tree.attributes[object].erase(name);
  const fuzz::File file("x.h5", nullptr, 0);
  // Texts with zeros inside cannot be stored.
  if (text.find('\0') != std::string::npos) return 0;
  io::write_tree(file.path(), tree, schemas[kind], {}, {.force = true});
  std::string once;
  if (!fuzz::taken([&] { once = through(file.path(), kind); })) return 0;
  fuzz::require(through(file.path(), kind) == once);
  return 0;
}

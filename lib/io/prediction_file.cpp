#include "io/prediction_file.h"

#include <algorithm>

#include "base/errors.h"
#include "io/contract_json.h"
#include "io/tree.h"
#include "io/voxel_arrays.h"

namespace kdseg::io {
namespace {
const std::string maps = "/maps/";
}

std::string write_prediction(const std::string& path, const Prediction& prediction,
                             const Provenance& provenance, const PredictionWriteOptions& options) {
  Tree tree;
  tree.arrays["/label"] = labels_to_array(prediction.label);
  auto& root = tree.attributes["/"];
  root["case"] = prediction.case_id;
  root["regions"] = regions_to_texts(prediction.regions);
  root["chain"] = chain_to_json(prediction.chain);
  root["head"] = head_to_json(prediction.head);
  root["checkpoint-ids"] = prediction.checkpoint_ids;
  const auto& networks = prediction.networks;
  if (std::any_of(networks.begin(), networks.end(), [](auto& name) { return !name.empty(); }))
    root["networks"] = networks;
  put_classes(tree, prediction.classes);
  put_grid(tree, prediction.label.grid);
  if (prediction.probability)
    tree.arrays["/probability"] = image_to_array(*prediction.probability, options.half);
  if (prediction.uncertainty) {
    tree.arrays["/uncertainty"] = image_to_array(*prediction.uncertainty, false);
    root["uncertainty-regions"] = prediction.uncertainty->channels;
  }
  for (const auto& [name, image] : prediction.maps) {
    tree.arrays[maps + name] = image_to_array(image, false);
    tree.attributes[maps + name]["channels"] = image.channels;
  }
  return write_tree(path, tree, "prediction", provenance, {options.force});
}

Prediction read_prediction(const std::string& path, bool with_probability) {
  static const std::vector<std::string> all{}, small{"/label", "/uncertainty"};
  Tree tree = read_tree(path, "prediction", with_probability ? all : small);
  Prediction prediction;
  prediction.case_id = get_case_id(tree);
  prediction.classes = get_classes(tree);
  prediction.regions = regions_from_texts(tree.texts_or_none("/", "regions"), path);
  prediction.head = tree.has_attribute("/", "head") ? head_from_json(tree.text("/", "head"), path)
                                                    : softmax_head(prediction.classes);
  prediction.checkpoint_ids = tree.texts_or_none("/", "checkpoint-ids");
  prediction.networks = tree.texts_or_none("/", "networks");
  const Grid grid = get_grid(tree, "/label");
  prediction.chain = get_chain(tree, grid);
  prediction.label = labels_from_array(tree, "/label", grid, prediction.classes.names.size());
  if (tree.has("/probability"))
    prediction.probability = image_from_array(tree, "/probability", grid, prediction.head.names);
  if (tree.has("/uncertainty"))
    prediction.uncertainty =
        image_from_array(tree, "/uncertainty", grid, tree.texts("/", "uncertainty-regions"));
  if (with_probability) {
    std::vector<std::string> names;
    for (const auto& [object, array] : tree.arrays)
      if (object.starts_with(maps)) names.push_back(object.substr(maps.size()));
    for (const auto& name : names)
      prediction.maps[name] =
          image_from_array(tree, maps + name, grid, tree.texts(maps + name, "channels"));
  }
  return prediction;
}

}  // namespace kdseg::io

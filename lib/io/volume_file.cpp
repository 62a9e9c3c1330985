#include "io/volume_file.h"

#include "base/errors.h"
#include "io/contract_json.h"
#include "io/share_arrays.h"
#include "io/voxel_arrays.h"

namespace kdseg::io {
namespace {

Volume from_tree(Tree tree, bool voxels) {
  Volume volume;
  auto& data = volume.data;
  data.id = get_case_id(tree);
  data.stratum = tree.text_or("/", "stratum", {});
  data.classes = get_classes(tree);
  data.regions = regions_from_texts(tree.texts_or_none("/", "regions"), tree.file_);
  const Grid grid = get_grid(tree, "/image");
  volume.chain = get_chain(tree, grid);
  volume.recipe_id = tree.text("/", "recipe-id");
  volume.recipe_ini = tree.text_or("/", "recipe", {});
  if (volume.recipe_id != "source" && volume.recipe_ini.empty())
    throw DataError(
        "{}: recipe-id {} without a recipe; expected its text, or recipe-id source for intensities "
        "as in the scan",
        tree.file_, volume.recipe_id);
  data.image = image_from_array(tree, "/image", grid, tree.texts("/", "channels"), voxels);
  if (tree.has("/label")) {
    if (data.classes.names.empty()) throw DataError("{}: /label without class-names", tree.file_);
    data.label = labels_from_array(tree, "/label", grid, data.classes.names.size(), voxels);
  }
  if (tree.has("/share")) data.share = get_shares(tree, grid, data.classes, data.regions, voxels);
  if (tree.has_attribute("/", "overlaid")) volume.overlaid = tree.texts("/", "overlaid");
  if (tree.has("/brain")) data.brain = labels_from_array(tree, "/brain", grid, 0, voxels);
  return volume;
}

}  // namespace

std::string write_volume(const std::string& path, const Volume& volume,
                         const Provenance& provenance, const VolumeWriteOptions& options) {
  const auto& data = volume.data;
  Tree tree;
  tree.arrays["/image"] = image_to_array(data.image, options.half);
  if (data.label) tree.arrays["/label"] = labels_to_array(*data.label);
  if (data.brain) tree.arrays["/brain"] = labels_to_array(*data.brain);
  if (data.share) put_shares(tree, *data.share, options.share);
  auto& root = tree.attributes["/"];
  root["case"] = data.id;
  root["stratum"] = data.stratum;
  root["channels"] = data.image.channels;
  root["regions"] = regions_to_texts(data.regions);
  root["chain"] = chain_to_json(volume.chain);
  root["recipe-id"] = volume.recipe_id;
  root["recipe"] = volume.recipe_ini;
  if (!volume.overlaid.empty()) root["overlaid"] = volume.overlaid;
  put_classes(tree, data.classes);
  put_grid(tree, data.image.grid);
  return write_tree(path, tree, "volume", provenance, {options.force});
}

Volume read_volume(const std::string& path) { return from_tree(read_tree(path, "volume"), true); }

Volume read_volume_without_label(const std::string& path) {
  const std::vector<std::string> only{"/image", "/brain"};
  return from_tree(read_tree(path, "volume", only), true);
}

Volume read_volume_header(const std::string& path) {
  return from_tree(read_tree_header(path, "volume"), false);
}

}  // namespace kdseg::io

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
  data.id = tree.text("/", "case");
  data.stratum = tree.text("/", "stratum");
  data.classes = get_classes(tree);
  data.regions = regions_from_texts(tree.texts("/", "regions"), tree.file_);
  const Grid grid = get_grid(tree);
  volume.chain = chain_from_json(tree.text("/", "chain"), tree.file_);
  if (end_size(volume.chain) != grid.size)
    throw DataError("{}: the chain ends at {}, the grid has {} voxels", tree.file_,
                    fmt::format("{}", fmt::join(end_size(volume.chain), "x")),
                    fmt::format("{}", fmt::join(grid.size, "x")));
  volume.recipe_id = tree.text("/", "recipe-id");
  volume.recipe_ini = tree.text("/", "recipe");
  data.image = image_from_array(tree, "/image", grid, tree.texts("/", "channels"), voxels);
  if (tree.has("/label")) {
    if (data.classes.names.empty()) throw DataError("{}: /label without class-names", tree.file_);
    data.label = labels_from_array(tree, "/label", grid, data.classes.names.size(), voxels);
  }
  if (tree.has("/share")) data.share = get_shares(tree, grid, data.classes, data.regions, voxels);
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

#include "io/checkpoint_file.h"

#include "base/errors.h"
#include "base/text.h"
#include "io/contract_json.h"

namespace kdseg::io {
namespace {

const std::string sole_network = "network";

/// "" for the sole network, whose groups lie at the root; else "/networks/<role>".
std::string prefix_of(const std::string& role, bool sole) {
  return sole ? std::string{} : "/networks/" + role;
}

void put_arrays(Tree& tree, const std::string& group,
                const std::vector<std::pair<std::string, Array>>& arrays) {
  for (const auto& [name, array] : arrays) {
    if (name.empty() || name == "." || name.find('/') != std::string::npos)
      throw std::logic_error("'" + name + "' cannot name a dataset");
    tree.arrays[group + "/" + name] = array;
  }
}

std::vector<std::pair<std::string, Array>> take_arrays(Tree& tree, const std::string& group) {
  std::vector<std::pair<std::string, Array>> arrays;
  const auto start = group + "/";
  for (auto at = tree.arrays.lower_bound(start);
       at != tree.arrays.end() && at->first.starts_with(start);) {
    arrays.emplace_back(at->first.substr(start.size()), std::move(at->second));
    at = tree.arrays.erase(at);
  }
  return arrays;
}

void put_network(Tree& tree, const std::string& prefix, const NetworkRecord& record) {
  const std::string object = prefix.empty() ? "/" : prefix;
  tree.attributes[object]["network"] = record.network.name;
  std::vector<std::string> settings;
  for (const auto& s : record.network.settings) settings.push_back(s.key + " = " + s.value);
  tree.attributes[object]["network-settings"] = settings;
  put_arrays(tree, prefix + "/parameters", record.parameters);
  put_arrays(tree, prefix + "/buffers", record.buffers);
}

NetworkRecord take_network(Tree& tree, const std::string& prefix) {
  const std::string object = prefix.empty() ? "/" : prefix;
  NetworkRecord record;
  record.network.kind = "network";
  record.network.name = tree.text(object, "network");
  record.network.where = tree.file_;
  for (const auto& line : tree.texts(object, "network-settings")) {
    const auto equals = line.find('=');
    if (equals == std::string::npos)
      throw DataError("{}: network-settings has '{}', expected key = value", tree.file_, line);
    record.network.settings.push_back(
        {trim(line.substr(0, equals)), trim(line.substr(equals + 1)), tree.file_});
  }
  record.parameters = take_arrays(tree, prefix + "/parameters");
  record.buffers = take_arrays(tree, prefix + "/buffers");
  if (record.parameters.empty())
    throw DataError("{}: {}/parameters holds nothing", tree.file_, prefix);
  return record;
}

/// Roles are the groups below /networks; a file without any holds one network at its root.
std::vector<std::string> roles_of(const Tree& tree) {
  std::vector<std::string> roles;
  const std::string start = "/networks/";
  for (const auto& [object, named] : tree.attributes)
    if (object.starts_with(start) && named.contains("network"))
      roles.push_back(object.substr(start.size()));
  return roles;
}

}  // namespace

std::string write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                             const Provenance& provenance, const WriteOptions& options) {
  Tree tree;
  const bool sole =
      checkpoint.networks.size() == 1 && checkpoint.networks.begin()->first == sole_network;
  for (const auto& [role, record] : checkpoint.networks)
    put_network(tree, prefix_of(role, sole), record);
  const auto& contract = checkpoint.contract;
  auto& root = tree.attributes["/"];
  root["channels"] = contract.channels;
  root["recipe-id"] = contract.recipe_id;
  root["recipe"] = contract.recipe_ini;
  root["head"] = head_to_json(contract.head);
  root["regions"] = regions_to_texts(contract.regions);
  root["tiling"] = tiling_to_json(contract.tiling);
  root["trained-on"] = checkpoint.trained_on;
  for (const auto& [name, value] : checkpoint.metrics) tree.attributes["/metrics"][name] = value;
  return write_tree(path, tree, "checkpoint", provenance, options);
}

Checkpoint read_checkpoint(const std::string& path) {
  Tree tree = read_tree(path, "checkpoint");
  Checkpoint checkpoint;
  auto& contract = checkpoint.contract;
  contract.channels = tree.texts("/", "channels");
  contract.recipe_id = tree.text("/", "recipe-id");
  contract.recipe_ini = tree.text("/", "recipe");
  contract.head = head_from_json(tree.text("/", "head"), path);
  contract.regions = regions_from_texts(tree.texts("/", "regions"), path);
  contract.tiling = tiling_from_json(tree.text("/", "tiling"), path);
  if (contract.channels.empty()) throw DataError("{}: no channels", path);
  if (contract.head.names.empty()) throw DataError("{}: the head has no channels", path);
  checkpoint.trained_on = tree.texts("/", "trained-on");
  if (const auto found = tree.attributes.find("/metrics"); found != tree.attributes.end())
    for (const auto& [name, value] : found->second)
      checkpoint.metrics[name] = tree.number("/metrics", name);
  const auto roles = roles_of(tree);
  if (roles.empty()) checkpoint.networks[sole_network] = take_network(tree, "");
  for (const auto& role : roles)
    checkpoint.networks[role] = take_network(tree, prefix_of(role, false));
  return checkpoint;
}

}  // namespace kdseg::io

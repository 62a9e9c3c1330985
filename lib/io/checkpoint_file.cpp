#include "io/checkpoint_file.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/contract_json.h"

namespace kdseg::io {
namespace {

using Json = nlohmann::ordered_json;

const std::string network_groups = "/networks/";

/// "" for the sole network, whose groups lie at the root; else "/networks/<name>".
std::string prefix_of(const std::string& name, bool sole) {
  return sole ? std::string{} : network_groups + name;
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
  for (const auto& line : tree.texts_or_none(object, "network-settings")) {
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

std::vector<Candidate> candidates_from(const std::string& text, const std::string& where) {
  try {
    std::vector<Candidate> candidates;
    for (const auto& item : Json::parse(text)) {
      auto& candidate = candidates.emplace_back();
      item.at("name").get_to(candidate.name);
      item.at("members").get_to(candidate.members);
    }
    return candidates;
  } catch (const Json::exception& e) {
    throw DataError("{}: the candidates cannot be understood: {}", where, e.what());
  }
}

/// The parts of a contract as attributes of `object`; with `except` only those that differ from it.
void put_contract(Tree& tree, const std::string& object, const Contract& contract,
                  const Contract* except = nullptr) {
  auto& named = tree.attributes[object];
  const auto differs = [&](auto part) { return !except || !(contract.*part == except->*part); };
  if (differs(&Contract::channels)) named["channels"] = contract.channels;
  if (differs(&Contract::recipe_id)) named["recipe-id"] = contract.recipe_id;
  if (differs(&Contract::recipe_ini)) named["recipe"] = contract.recipe_ini;
  if (differs(&Contract::head)) named["head"] = head_to_json(contract.head);
  if (differs(&Contract::regions)) named["regions"] = regions_to_texts(contract.regions);
  if (differs(&Contract::tiling)) named["tiling"] = tiling_to_json(contract.tiling);
}

/// As Recipe::id() makes it of the recipe's text.
std::string id_of_recipe(const std::string& ini) { return sha256(ini).substr(0, 16); }

/// The contract that the attributes of `object` state; what they leave out is as in `rest`.
Contract take_contract(const Tree& tree, const std::string& object, const Contract* rest) {
  const auto stated = [&](const char* name) { return !rest || tree.has_attribute(object, name); };
  const std::string where = object == "/" ? tree.file_ : fmt::format("{}: {}", tree.file_, object);
  Contract contract = rest ? *rest : Contract{};
  if (stated("channels")) contract.channels = tree.texts(object, "channels");
  if (stated("recipe")) contract.recipe_ini = tree.text(object, "recipe");
  if (tree.has_attribute(object, "recipe-id"))
    contract.recipe_id = tree.text(object, "recipe-id");
  else if (!rest)
    contract.recipe_id = id_of_recipe(contract.recipe_ini);
  if (stated("head")) contract.head = head_from_json(tree.text(object, "head"), where);
  if (tree.has_attribute(object, "regions"))
    contract.regions = regions_from_texts(tree.texts(object, "regions"), where);
  if (tree.has_attribute(object, "tiling"))
    contract.tiling = tiling_from_json(tree.text(object, "tiling"), where);
  if (contract.channels.empty()) throw DataError("{}: no channels", where);
  if (contract.head.names.empty()) throw DataError("{}: the head has no channels", where);
  return contract;
}

/// Names are those of the groups below /networks; a file without any holds one at its root.
std::vector<std::string> names_in(const Tree& tree) {
  std::vector<std::string> names;
  for (const auto& [object, named] : tree.attributes)
    if (object.starts_with(network_groups) && named.contains("network"))
      names.push_back(object.substr(network_groups.size()));
  return names;
}

std::vector<std::string> names_of(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const auto& [name, record] : checkpoint.networks) names.push_back(name);
  return names;
}

bool has_unnamed(const Checkpoint& checkpoint) {
  return checkpoint.networks.size() == 1 && checkpoint.networks.begin()->first == sole_network;
}

/// "ensemble (real + syn, default), real, syn".
std::string held_by(const Checkpoint& checkpoint) {
  std::vector<std::string> items;
  std::set<std::string> named;
  for (const auto& candidate : checkpoint.candidates) {
    const bool mean = candidate.members.size() > 1 || candidate.members.front() != candidate.name;
    std::string more = mean ? join(candidate.members, " + ") : std::string();
    if (candidate.name == checkpoint.default_candidate) more += mean ? ", default" : "default";
    items.push_back(more.empty() ? candidate.name : fmt::format("{} ({})", candidate.name, more));
    named.insert(candidate.name);
  }
  for (const auto& name : names_of(checkpoint))
    if (!named.contains(name)) items.push_back(name);
  return join(items);
}

const Candidate* find_candidate(const Checkpoint& checkpoint, const std::string& name) {
  for (const auto& candidate : checkpoint.candidates)
    if (candidate.name == name) return &candidate;
  return nullptr;
}

void check_name(const std::string& name, const std::string& where) {
  if (const auto fault = fault_of_name(name); !fault.empty())
    throw DataError("{}: a network or candidate is called '{}': {}", where, excerpt(name), fault);
}

void check_candidate(const Checkpoint& checkpoint, const Candidate& candidate,
                     const std::string& where) {
  check_name(candidate.name, where);
  if (candidate.members.empty())
    throw DataError("{}: the candidate {} has no members", where, candidate.name);
  std::set<std::string> seen;
  for (const auto& member : candidate.members) {
    if (!checkpoint.networks.contains(member))
      throw DataError("{}: the candidate {} names a network '{}'; the file holds {}", where,
                      candidate.name, excerpt(member), join(names_of(checkpoint)));
    if (!seen.insert(member).second)
      throw DataError("{}: the candidate {} names {} twice", where, candidate.name, member);
    if (!(checkpoint.contract_of(member).head ==
          checkpoint.contract_of(candidate.members.front()).head))
      throw DataError("{}: the candidate {} is a mean of {} and {}, which give different classes",
                      where, candidate.name, candidate.members.front(), member);
  }
  if (checkpoint.networks.contains(candidate.name) &&
      (candidate.members.size() > 1 || candidate.members.front() != candidate.name))
    throw DataError("{}: the candidate {} has the name of a network and is the mean of {}", where,
                    candidate.name, join(candidate.members));
}

void check(const Checkpoint& checkpoint, const std::string& where) {
  if (checkpoint.networks.empty()) throw DataError("{}: holds no network", where);
  for (const auto& [name, record] : checkpoint.networks) check_name(name, where);
  if (has_unnamed(checkpoint) && !checkpoint.candidates.empty())
    throw DataError("{}: holds one network without a name, and candidates", where);
  std::set<std::string> seen;
  for (const auto& candidate : checkpoint.candidates) {
    check_candidate(checkpoint, candidate, where);
    if (!seen.insert(candidate.name).second)
      throw DataError("{}: two candidates are called {}", where, candidate.name);
  }
  const auto& chosen = checkpoint.default_candidate;
  if (!chosen.empty() && !find_candidate(checkpoint, chosen))
    throw DataError("{}: the default candidate '{}' is none of the candidates ({})", where,
                    excerpt(chosen), held_by(checkpoint));
}

}  // namespace

const Contract& Checkpoint::contract_of(const std::string& network) const {
  const auto& own = networks.at(network).contract;
  return own ? *own : contract;
}

std::string fault_of_name(const std::string& name) {
  constexpr size_t longest = 64;
  if (name.empty() || name.size() > longest)
    return fmt::format("{} bytes, expected 1 to {}", name.size(), longest);
  if (name == "." || name == "..") return "expected no name of a folder";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '/' || c == ',')
      return "expected no '/', blank, comma or control character";
  }
  return {};
}

Candidate candidate_of(const Checkpoint& checkpoint, const std::string& name,
                       const std::string& where) {
  if (name.empty()) {
    if (const auto* found = find_candidate(checkpoint, checkpoint.default_candidate)) return *found;
    const auto names = names_of(checkpoint);
    if (names.size() == 1) return {has_unnamed(checkpoint) ? std::string() : names[0], names};
    throw UsageError("{}: holds {} and names no default; choose one with --network", where,
                     held_by(checkpoint));
  }
  if (has_unnamed(checkpoint))
    throw UsageError("{}: holds one network without a name; leave '--network {}' out", where, name);
  if (const auto* found = find_candidate(checkpoint, name)) return *found;
  if (checkpoint.networks.contains(name)) return {name, {name}};
  auto known = names_of(checkpoint);
  for (const auto& candidate : checkpoint.candidates) known.push_back(candidate.name);
  const auto near = nearest(name, known);
  throw UsageError("{}: holds no network '{}'; {}it holds {}", where, name,
                   near ? fmt::format("did you mean '{}'? ", *near) : std::string(),
                   held_by(checkpoint));
}

std::string write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                             const Provenance& provenance, const WriteOptions& options) {
  check(checkpoint, path);
  Tree tree;
  put_contract(tree, "/", checkpoint.contract);
  const bool sole = has_unnamed(checkpoint);
  for (const auto& [name, record] : checkpoint.networks) {
    const auto prefix = prefix_of(name, sole);
    put_network(tree, prefix, record);
    if (record.contract)
      put_contract(tree, prefix.empty() ? "/" : prefix, *record.contract,
                   sole ? nullptr : &checkpoint.contract);
  }
  auto& root = tree.attributes["/"];
  root["trained-on"] = checkpoint.trained_on;
  if (!checkpoint.candidates.empty()) {
    Json list = Json::array();
    for (const auto& c : checkpoint.candidates)
      list.push_back({{"name", c.name}, {"members", c.members}});
    root["candidates"] = list.dump();
    root["default-candidate"] = checkpoint.default_candidate;
  }
  for (const auto& [name, value] : checkpoint.metrics) tree.attributes["/metrics"][name] = value;
  return write_tree(path, tree, "checkpoint", provenance, options);
}

Checkpoint read_checkpoint(const std::string& path) {
  Tree tree = read_tree(path, "checkpoint");
  Checkpoint checkpoint;
  checkpoint.contract = take_contract(tree, "/", nullptr);
  checkpoint.trained_on = tree.texts_or_none("/", "trained-on");
  if (const auto found = tree.attributes.find("/metrics"); found != tree.attributes.end())
    for (const auto& [name, value] : found->second)
      checkpoint.metrics[name] = tree.number("/metrics", name);
  const auto names = names_in(tree);
  if (names.empty()) checkpoint.networks[sole_network] = take_network(tree, "");
  for (const auto& name : names) {
    check_name(name, path);
    const auto group = prefix_of(name, false);
    auto& record = checkpoint.networks[name] = take_network(tree, group);
    const Contract own = take_contract(tree, group, &checkpoint.contract);
    if (!(own == checkpoint.contract)) record.contract = own;
  }
  if (const auto left = tree.arrays.lower_bound(network_groups);
      left != tree.arrays.end() && left->first.starts_with(network_groups))
    throw DataError("{}: {} belongs to no network of the file", path, excerpt(left->first));
  if (tree.has_attribute("/", "candidates")) {
    checkpoint.candidates = candidates_from(tree.text("/", "candidates"), path);
    checkpoint.default_candidate = tree.text("/", "default-candidate");
  }
  check(checkpoint, path);
  return checkpoint;
}

}  // namespace kdseg::io

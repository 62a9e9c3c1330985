#include "train/state.h"

#include "base/errors.h"
#include "base/text.h"
#include "models/checkpoint.h"

namespace kdseg::train {
namespace {

/// Texts are stored as bytes: attributes of HDF5 end at 64 KiB, histories do not.
void put_text(io::Tree& tree, const std::string& path, const std::string& text) {
  const std::string ended = text + "\n";  // never empty
  tree.arrays[path] = io::make_array<uint8_t>(
      {static_cast<int64_t>(ended.size())},
      std::span(reinterpret_cast<const uint8_t*>(ended.data()), ended.size()));
}

std::string get_text(const io::Tree& tree, const std::string& path) {
  const auto bytes = tree.array(path).as<uint8_t>();
  std::string text(bytes.begin(), bytes.end());
  if (!text.empty()) text.pop_back();
  return text;
}

void put_numbers(io::Tree& tree, const std::string& path,
                 const std::map<std::string, double>& values) {
  std::string text;
  for (const auto& [name, value] : values) text += name + "=" + exact(value) + "\n";
  put_text(tree, path, text);
}

std::map<std::string, double> get_numbers(const io::Tree& tree, const std::string& path) {
  std::map<std::string, double> values;
  for (const auto& line : split(get_text(tree, path), '\n')) {
    const auto at = line.rfind('=');
    if (at == std::string::npos) continue;
    const auto value = parse_number(std::string_view(line).substr(at + 1));
    if (!value) throw DataError("{}: {} has '{}'", tree.file_, path, line);
    values[line.substr(0, at)] = *value;
  }
  return values;
}

constexpr char between = '\x1f';  // ASCII unit separator: stands in no setting

}  // namespace

io::Tree to_tree(const RunState& state, std::vector<methods::Role> roles, const Identity& identity,
                 const std::string& recipe_ini) {
  io::Tree tree = state.best_parameters;
  tree.attributes["/"]["step"] = state.step;
  tree.attributes["/"]["closed-epochs"] = state.closed_epochs;
  tree.attributes["/"]["summed"] = state.summed;
  put_numbers(tree, "/sums", state.sums);
  put_numbers(tree, "/seconds", state.seconds);
  put_numbers(tree, "/best-scores", state.best);
  put_text(tree, "/history", state.history.to_text());
  put_text(tree, "/recipe", recipe_ini);
  std::string settings;
  for (const auto& [name, value] : identity) settings += name + between + value + between;
  put_text(tree, "/settings", settings);
  state.plateau.save(tree, "/plateau");
  tree.attributes["/score-average"]["raw"] = state.average.raw;
  tree.attributes["/score-average"]["count"] = state.average.count;
  for (const auto& role : roles) {
    if (!role.optimizer) continue;
    models::module_to_arrays(*role.module, "/roles/" + role.name, tree);
    role.optimizer->save(tree, "/roles/" + role.name + "/optimizer");
  }
  return tree;
}

void from_tree(const io::Tree& tree, RunState& state, std::vector<methods::Role> roles) {
  for (const auto& role : roles) {
    if (!role.optimizer) continue;
    models::module_from_arrays(*role.module, "/roles/" + role.name, tree);
    role.optimizer->load(tree, "/roles/" + role.name + "/optimizer");
  }
  state.step = tree.integer("/", "step");
  state.closed_epochs = tree.integer("/", "closed-epochs");
  state.summed = tree.integer("/", "summed");
  state.sums = get_numbers(tree, "/sums");
  state.seconds = get_numbers(tree, "/seconds");
  state.best = get_numbers(tree, "/best-scores");
  state.history = History::from_text(get_text(tree, "/history"));
  state.plateau.load(tree, "/plateau");
  state.average.raw = tree.number("/score-average", "raw");
  state.average.count = tree.integer("/score-average", "count");
  for (const auto& [path, array] : tree.arrays)
    if (path.starts_with("/best/")) state.best_parameters.arrays[path] = array;
}

Identity identity_in(const io::Tree& tree) {
  Identity identity;
  const auto fields = split(get_text(tree, "/settings"), between);
  for (size_t i = 0; i + 1 < fields.size(); i += 2) identity.emplace_back(fields[i], fields[i + 1]);
  return identity;
}

std::string recipe_in(const io::Tree& tree) { return get_text(tree, "/recipe"); }

}  // namespace kdseg::train

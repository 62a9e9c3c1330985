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
constexpr int64_t layout = 2;

void put_best(io::Tree& tree, const std::string& candidate, const Best& best) {
  const std::string prefix = "/best/" + candidate;
  put_numbers(tree, prefix + "/scores", best.scores);
  for (const auto& [member, parameters] : best.of)
    for (const auto& [path, array] : parameters.arrays)
      tree.arrays[prefix + "/members/" + member + path] = array;
}

Best get_best(const io::Tree& tree, const std::string& candidate,
              const std::vector<methods::Candidate::Member>& members) {
  const std::string prefix = "/best/" + candidate;
  Best best;
  best.scores = get_numbers(tree, prefix + "/scores");
  for (const auto& member : members) {
    const std::string start = prefix + "/members/" + member.name;
    for (auto at = tree.arrays.lower_bound(start + "/");
         at != tree.arrays.end() && at->first.starts_with(start + "/"); ++at)
      best.of[member.name].arrays[at->first.substr(start.size())] = at->second;
  }
  return best;
}

}  // namespace

io::Tree to_tree(const RunState& state, methods::Method& method, const Identity& identity,
                 const std::map<std::string, std::string>& recipes) {
  io::Tree tree;
  auto& root = tree.attributes["/"];
  root["layout"] = layout;
  root["step"] = state.step;
  root["closed-epochs"] = state.closed_epochs;
  root["summed"] = state.summed;
  put_numbers(tree, "/sums", state.sums);
  put_numbers(tree, "/seconds", state.seconds);
  put_text(tree, "/history", state.history.to_text());
  for (const auto& [stream, ini] : recipes) put_text(tree, "/recipes/" + stream, ini);
  std::string settings;
  for (const auto& [name, value] : identity) settings += name + between + value + between;
  put_text(tree, "/settings", settings);
  for (const auto& [candidate, best] : state.best) put_best(tree, candidate, best);
  state.plateau.save(tree, "/plateau");
  tree.attributes["/score-average"]["raw"] = state.average.raw;
  tree.attributes["/score-average"]["count"] = state.average.count;
  for (const auto& part : method.parts()) {
    if (!part.saved) continue;
    const std::string prefix = "/parts/" + part.name;
    models::module_to_arrays(*part.module, prefix, tree);
    const bool waiting = state.step % part.accumulate != 0;
    if (part.optimizer) part.optimizer->save(tree, prefix + "/optimizer", waiting);
  }
  method.save(tree, "/method");
  return tree;
}

void from_tree(const io::Tree& tree, RunState& state, methods::Method& method) {
  for (const auto& part : method.parts()) {
    if (!part.saved) continue;
    const std::string prefix = "/parts/" + part.name;
    models::module_from_arrays(*part.module, prefix, tree);
    if (part.optimizer) part.optimizer->load(tree, prefix + "/optimizer");
  }
  method.load(tree, "/method");
  state.step = tree.integer("/", "step");
  state.closed_epochs = tree.integer("/", "closed-epochs");
  state.summed = tree.integer("/", "summed");
  state.sums = get_numbers(tree, "/sums");
  state.seconds = get_numbers(tree, "/seconds");
  state.history = History::from_text(get_text(tree, "/history"));
  state.plateau.load(tree, "/plateau");
  state.average.raw = tree.number("/score-average", "raw");
  state.average.count = tree.integer("/score-average", "count");
  for (const auto& candidate : method.candidates())
    if (tree.has("/best/" + candidate.name + "/scores"))
      state.best[candidate.name] = get_best(tree, candidate.name, candidate.members);
}

bool has_this_layout(const io::Tree& tree) {
  const auto root = tree.attributes.find("/");
  return root != tree.attributes.end() && root->second.contains("layout") &&
         tree.integer("/", "layout") == layout;
}

Identity identity_in(const io::Tree& tree) {
  Identity identity;
  const auto fields = split(get_text(tree, "/settings"), between);
  for (size_t i = 0; i + 1 < fields.size(); i += 2) identity.emplace_back(fields[i], fields[i + 1]);
  return identity;
}

std::string recipe_in(const io::Tree& tree, const std::string& stream) {
  return get_text(tree, "/recipes/" + stream);
}

}  // namespace kdseg::train

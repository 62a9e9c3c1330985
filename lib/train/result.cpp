#include "train/result.h"

#include <algorithm>

#include "models/checkpoint.h"
#include "models/network.h"

namespace kdseg::train {
namespace {

using methods::Candidate;

double epoch_of(const Best& best) {
  const auto found = best.scores.find("epoch");
  return found == best.scores.end() ? 0 : found->second;
}

/// The member's record with the parameters that `best` keeps of it.
io::Checkpoint record_of(const Candidate::Member& member, const Best* best) {
  if (best && best->of.contains(member.name))
    models::module_from_arrays(member.model->network->module(), "", best->of.at(member.name));
  return models::to_checkpoint(*member.model);
}

/// A network among others, whose contract is the file's where it is the first.
void add(io::Checkpoint& checkpoint, const std::string& name, const io::Checkpoint& alone) {
  if (checkpoint.networks.empty()) checkpoint.contract = alone.contract;
  io::NetworkRecord& record = checkpoint.networks[name];
  record = alone.networks.begin()->second;
  if (!(alone.contract == checkpoint.contract)) record.contract = alone.contract;
}

}  // namespace

io::Checkpoint result_of(methods::Method& method, const std::map<std::string, Best>& best) {
  const auto reached = [&](const std::string& candidate) -> const Best* {
    const auto found = best.find(candidate);
    return found == best.end() ? nullptr : &found->second;
  };
  const auto candidates = method.candidates();
  io::Checkpoint checkpoint;
  if (candidates.size() == 1 && candidates[0].members.size() == 1 && method.beside().empty()) {
    checkpoint = record_of(candidates[0].members[0], reached(candidates[0].name));
  } else {
    for (const auto& candidate : candidates) {
      io::Candidate named{candidate.name, {}};
      if (candidate.chosen) checkpoint.default_candidate = candidate.name;
      for (const auto& member : candidate.members) {
        const Best *own = reached(member.name), *here = reached(candidate.name);
        const bool same = !own || !here || epoch_of(*own) == epoch_of(*here);
        named.members.push_back(same ? member.name : member.name + "-in-" + candidate.name);
        if (checkpoint.networks.contains(named.members.back())) continue;
        add(checkpoint, named.members.back(), record_of(member, here));
      }
      checkpoint.candidates.push_back(std::move(named));
    }
  }
  for (const auto& member : method.beside())
    add(checkpoint, member.name, record_of(member, nullptr));
  for (const auto& candidate : candidates)
    if (const Best* chosen = reached(candidate.name); candidate.chosen && chosen)
      checkpoint.metrics = chosen->scores;
  return checkpoint;
}

}  // namespace kdseg::train

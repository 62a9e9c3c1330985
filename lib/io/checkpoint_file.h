// Checkpoints: parameters by module path, the architectures that hold them, and their contracts.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/contract.h"
#include "base/parameters.h"
#include "base/provenance.h"
#include "io/tree.h"

namespace kdseg::io {

/// The name under which a file holds its only network, whose groups then lie at the root.
inline const std::string sole_network = "network";

/// One network: /parameters/<name> and /buffers/<name> hold what a PyTorch state_dict holds.
struct NetworkRecord {
  Section network;  ///< kind "network", the catalog name, every parameter written out
  std::vector<std::pair<std::string, Array>> parameters, buffers;
  std::optional<Contract> contract;  ///< its own, where it differs from the file's
};

/// A named mean of networks: what predicts under this name.
struct Candidate {
  std::string name;
  std::vector<std::string> members;  ///< names of networks; all count alike
  bool operator==(const Candidate&) const = default;
};

struct Checkpoint {
  std::map<std::string, NetworkRecord>
      networks;                           ///< one, named sole_network, unless a method has several
  Contract contract;                      ///< of every network that has none of its own
  std::vector<Candidate> candidates;      ///< none: every network by itself
  std::string default_candidate;          ///< what predicts where nobody asks for a name; "": none
  std::map<std::string, double> metrics;  ///< best validation scores, epoch
  std::vector<std::string> trained_on;    ///< case ids, for leak checks

  const Contract& contract_of(const std::string& network) const;
};

/// What is wrong with a name of a network or candidate ("" when nothing is): 1 to 64 bytes, no '/',
/// blank, comma or control character, and not "." or "..".
std::string fault_of_name(const std::string& name);

/// The candidate of this name, or a network by itself; an empty name: the default, or the only
/// network. \param where  the file, for messages
/// \throws UsageError  no such name (the nearest and all that the file holds are stated), a name
///                     where the only network has none, or no name where nothing is the default
Candidate candidate_of(const Checkpoint& checkpoint, const std::string& name,
                       const std::string& where);

/// \throws DataError  names that fault_of_name() finds fault with, candidates of networks that the
///                    checkpoint lacks, that are named twice or whose heads differ; a candidate
///                    with the name of a network that is not its only member. Nothing is written
///                    then.
std::string write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                             const Provenance& provenance, const WriteOptions& options = {});
/// \throws DataError  as read_tree() and write_checkpoint(), and what cannot be understood
Checkpoint read_checkpoint(const std::string& path);

}  // namespace kdseg::io

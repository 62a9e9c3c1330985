// Checkpoints: parameters by module path, the architecture that holds them, and their contract.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/contract.h"
#include "base/parameters.h"
#include "base/provenance.h"
#include "io/tree.h"

namespace kdseg::io {

/// One network: /parameters/<name> and /buffers/<name> hold what a PyTorch state_dict holds.
struct NetworkRecord {
  Section network;  ///< kind "network", the catalog name, every parameter written out
  std::vector<std::pair<std::string, Array>> parameters, buffers;
};

struct Checkpoint {
  std::map<std::string, NetworkRecord>
      networks;  ///< one, named "network", unless a method has several
  Contract contract;
  std::map<std::string, double> metrics;  ///< best validation scores, epoch
  std::vector<std::string> trained_on;    ///< case ids, for leak checks
};

std::string write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                             const Provenance& provenance, const WriteOptions& options = {});
Checkpoint read_checkpoint(const std::string& path);

}  // namespace kdseg::io

#include "models/checkpoint.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <cstring>
#include <optional>
#include <set>

#include "base/errors.h"
#include "base/text.h"
#include "models/catalog.h"
#include "models/memory_bound.h"

namespace kdseg::models {
namespace {

using Named = std::vector<std::pair<std::string, at::Tensor>>;

Named parameters_of(const torch::nn::Module& module) {
  Named items;
  for (const auto& item : module.named_parameters()) items.emplace_back(item.key(), item.value());
  return items;
}

Named buffers_of(const torch::nn::Module& module) {
  Named items;
  for (const auto& item : module.named_buffers()) items.emplace_back(item.key(), item.value());
  return items;
}

using Lookup = std::map<std::string, const io::Array*>;

/// Copies stored arrays into tensors of the same names; every difference is one item of `faults`.
void assign(const Named& targets, Lookup stored, std::vector<std::string>& faults) {
  const c10::NoGradGuard no_grad;
  for (const auto& [name, target] : targets) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      faults.push_back("missing " + name);
      continue;
    }
    const io::Array& array = *found->second;
    if (at::IntArrayRef(array.shape) != target.sizes())
      faults.push_back(fmt::format("{} is [{}], expected [{}]", name, fmt::join(array.shape, ", "),
                                   fmt::join(target.sizes(), ", ")));
    stored.erase(found);
  }
  for (const auto& [name, array] : stored) faults.push_back("left over " + name);
}

void copy(const Named& targets, const Lookup& stored) {
  const c10::NoGradGuard no_grad;
  for (const auto& [name, target] : targets) {
    at::Tensor place = target;
    place.copy_(to_tensor(*stored.at(name)));
  }
}

/// Checks everything before anything is changed.
void restore(torch::nn::Module& module, const Lookup& parameters, const Lookup& buffers,
             const std::string& where) {
  std::vector<std::string> faults;
  assign(parameters_of(module), parameters, faults);
  assign(buffers_of(module), buffers, faults);
  if (!faults.empty()) {
    const size_t shown = std::min<size_t>(faults.size(), 4);
    throw DataError("{}: parameters do not fit the network: {}{}", where,
                    join(std::span(faults).first(shown), "; "),
                    faults.size() > shown ? fmt::format("; and {} more", faults.size() - shown)
                                          : std::string());
  }
  copy(parameters_of(module), parameters);
  copy(buffers_of(module), buffers);
}

Lookup under(const io::Tree& tree, const std::string& folder) {
  Lookup found;
  for (const auto& [path, array] : tree.arrays)
    if (path.starts_with(folder)) found[path.substr(folder.size())] = &array;
  return found;
}

Lookup lookup(const std::vector<std::pair<std::string, io::Array>>& items) {
  Lookup found;
  for (const auto& [name, array] : items) found[name] = &array;
  return found;
}

/// The name of the one network that `name` stands for in a file.
std::string one_network(const std::string& path, const io::Checkpoint& checkpoint,
                        const std::string& name) {
  const auto candidate = io::candidate_of(checkpoint, name, path);
  if (candidate.members.size() > 1)
    throw UsageError(
        "{}: {} is the mean of {} networks, expected one; choose it with --network: {}", path,
        candidate.name, candidate.members.size(), join(candidate.members));
  return candidate.members.front();
}

io::NetworkRecord to_record(const Model& model) {
  io::NetworkRecord record;
  record.network = model.section;
  const torch::nn::Module& module = *model.network->shared_module();
  for (const auto& [name, value] : parameters_of(module))
    record.parameters.emplace_back(name, to_array(value));
  for (const auto& [name, value] : buffers_of(module))
    record.buffers.emplace_back(name, to_array(value));
  return record;
}

/// The file, and the network where the file has several.
std::string place_of(const std::string& path, const std::string& network) {
  return network == io::sole_network ? path : fmt::format("{}: {}", path, network);
}

Model to_model(const std::string& path, const io::Checkpoint& checkpoint, const std::string& name,
               at::Device device) {
  const io::NetworkRecord& record = checkpoint.networks.at(name);
  const std::string where = place_of(path, name);
  Model model;
  model.contract = checkpoint.contract_of(name);
  int64_t stored = 0;
  for (const auto& [parameter, array] : record.parameters)
    stored += static_cast<int64_t>(array.bytes.size());
  // Parameters, the numbers they start from, and what is made on the way.
  std::optional<MemoryBound> bound(std::in_place, where, 16 * stored + (int64_t{64} << 20));
  try {
    model.network =
        make_network(record.network, static_cast<int64_t>(model.contract.channels.size()),
                     model.contract.head.channels(), 0, &model.section);
  } catch (const UsageError& error) {  // in a file it is the file's fault
    throw DataError("{}: {}", where, error.what());
  }
  bound.reset();
  Tiling& tiling = model.contract.tiling;
  const bool plane = model.network->dimensions() == 2;
  if (plane && tiling.kind == Tiling::Kind::whole) tiling.kind = Tiling::Kind::slices;
  if (plane != (tiling.kind == Tiling::Kind::slices))
    throw DataError("{}: {} takes {}, the tiling is {}", where, model.section.name,
                    plane ? "slices" : "volumes", plane ? "windows of volumes" : "slices");
  restore(model.network->module(), lookup(record.parameters), lookup(record.buffers), where);
  model.network->module().to(device);
  return model;
}

/// What decides the shapes: everything but the choice of kernels.
std::string architecture(const Section& section) {
  std::string text = section.name;
  for (const auto& s : section.settings)
    if (s.key == "width") text += " " + s.key + " " + s.value;
  return text;
}

}  // namespace

io::Array to_array(const at::Tensor& tensor) {
  at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  if (host.scalar_type() == at::kBFloat16) host = host.to(at::kFloat);
  io::Array array;
  switch (host.scalar_type()) {
    case at::kHalf:
      array.type = io::Type::f16;
      break;
    case at::kFloat:
      array.type = io::Type::f32;
      break;
    case at::kDouble:
      array.type = io::Type::f64;
      break;
    case at::kByte:
      array.type = io::Type::u8;
      break;
    case at::kInt:
      array.type = io::Type::i32;
      break;
    case at::kLong:
      array.type = io::Type::i64;
      break;
    default:
      throw std::logic_error("tensors of this type are not stored");
  }
  array.shape = host.sizes().vec();
  array.bytes.resize(host.nbytes());
  std::memcpy(array.bytes.data(), host.const_data_ptr(), host.nbytes());
  return array;
}

at::Tensor to_tensor(const io::Array& array) {
  at::ScalarType type = at::kFloat;
  switch (array.type) {
    case io::Type::f16:
      type = at::kHalf;
      break;
    case io::Type::f32:
      type = at::kFloat;
      break;
    case io::Type::f64:
      type = at::kDouble;
      break;
    case io::Type::u8:
      type = at::kByte;
      break;
    case io::Type::i32:
      type = at::kInt;
      break;
    case io::Type::i64:
      type = at::kLong;
      break;
    case io::Type::u16:
    case io::Type::u64:
      throw DataError("an array of u16 or u64; expected f16, f32, f64, u8, i32 or i64");
  }
  at::Tensor tensor = at::empty(array.shape, type);
  std::memcpy(tensor.mutable_data_ptr(), array.bytes.data(), tensor.nbytes());
  return tensor;
}

void module_to_arrays(const torch::nn::Module& module, const std::string& prefix, io::Tree& tree) {
  for (const auto& [name, value] : parameters_of(module))
    tree.arrays[prefix + "/parameters/" + name] = to_array(value);
  for (const auto& [name, value] : buffers_of(module))
    tree.arrays[prefix + "/buffers/" + name] = to_array(value);
}

void module_from_arrays(torch::nn::Module& module, const std::string& prefix,
                        const io::Tree& tree) {
  restore(module, under(tree, prefix + "/parameters/"), under(tree, prefix + "/buffers/"),
          tree.file_);
}

io::Checkpoint to_checkpoint(const Model& model) {
  return to_checkpoint(std::vector<NamedModel>{{io::sole_network, model}});
}

io::Checkpoint to_checkpoint(const std::vector<NamedModel>& models) {
  io::Checkpoint checkpoint;
  checkpoint.contract = models.at(0).model.contract;
  for (const auto& [name, model] : models) {
    const auto [record, added] = checkpoint.networks.emplace(name, to_record(model));
    if (!added) throw std::logic_error("two networks are called " + name);
    if (!(model.contract == checkpoint.contract)) record->second.contract = model.contract;
  }
  return checkpoint;
}

CandidateModels load_candidate(const std::string& path, const std::string& name,
                               at::Device device) {
  const io::Checkpoint checkpoint = io::read_checkpoint(path);
  const auto candidate = io::candidate_of(checkpoint, name, path);
  CandidateModels models{candidate.name, {}};
  for (const auto& member : candidate.members)
    models.members.push_back({member, to_model(path, checkpoint, member, device)});
  return models;
}

Model load_model(const std::string& path, at::Device device, const std::string& name) {
  const io::Checkpoint checkpoint = io::read_checkpoint(path);
  return to_model(path, checkpoint, one_network(path, checkpoint, name), device);
}

void load_parameters(const std::string& path, Model& model, const std::string& name) {
  const io::Checkpoint checkpoint = io::read_checkpoint(path);
  const auto network = one_network(path, checkpoint, name);
  const std::string where = place_of(path, network);
  const io::NetworkRecord& record = checkpoint.networks.at(network);
  const Contract& contract = checkpoint.contract_of(network);
  if (architecture(record.network) != architecture(model.section))
    throw DataError("{}: network is {}, expected {}", where, architecture(record.network),
                    architecture(model.section));
  if (contract.channels != model.contract.channels)
    throw DataError("{}: channels are {}, expected {}", where, join(contract.channels, ","),
                    join(model.contract.channels, ","));
  if (contract.head.names != model.contract.head.names)
    throw DataError("{}: classes are {}, expected {}", where, join(contract.head.names, ","),
                    join(model.contract.head.names, ","));
  restore(model.network->module(), lookup(record.parameters), lookup(record.buffers), where);
}

}  // namespace kdseg::models

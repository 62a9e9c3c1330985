// Between modules and checkpoint files.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "io/checkpoint_file.h"
#include "models/network.h"

namespace kdseg::models {

/// Parameters and buffers of a module as arrays (copied to the CPU) under
/// `prefix`/parameters/<name> and `prefix`/buffers/<name>, names as in a state_dict.
void module_to_arrays(const torch::nn::Module& module, const std::string& prefix, io::Tree& tree);
/// The way back, in place.
/// \throws DataError  a name is missing or left over, or a shape differs (all stated)
void module_from_arrays(torch::nn::Module& module, const std::string& prefix, const io::Tree& tree);

/// A network of a file that may hold several.
struct NamedModel {
  std::string name;
  Model model;
};

/// What predicts under one name: the mean of its members.
struct CandidateModels {
  std::string name;                 ///< "" for the only network of a file that names none
  std::vector<NamedModel> members;  ///< all count alike
};

io::Checkpoint to_checkpoint(const Model& model);
/// Several networks in one file; its contract is the first one's, and others keep what differs.
io::Checkpoint to_checkpoint(const std::vector<NamedModel>& models);

/// The networks of a candidate of a checkpoint file, parameters on `device`. `name`: of a candidate
/// or network; empty: the file's default or only network.
/// \throws UsageError  as io::candidate_of()
/// \throws DataError   as io::read_checkpoint(), and an architecture this program does not know
CandidateModels load_candidate(const std::string& path, const std::string& name = {},
                               at::Device device = at::kCPU);
/// The one network behind a name, as above.
/// \throws UsageError  as above, and a mean of several networks
Model load_model(const std::string& path, at::Device device = at::kCPU,
                 const std::string& name = {});
/// Parameters of a checkpoint's network into a model of the same architecture.
/// \throws UsageError  as load_model()
/// \throws DataError   other architecture, channels or classes; both stated
void load_parameters(const std::string& path, Model& model, const std::string& name = {});

/// Floating point, uint8, int32 and int64 tensors, on any device. bfloat16 becomes float32.
io::Array to_array(const at::Tensor& tensor);
at::Tensor to_tensor(const io::Array& array);

}  // namespace kdseg::models

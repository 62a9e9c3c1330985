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

io::Checkpoint to_checkpoint(const Model& model);
/// The model of a checkpoint file, parameters on `device`.
/// \throws DataError as read_checkpoint, and an architecture this program does not know
Model load_model(const std::string& path, at::Device device = at::kCPU);
/// Parameters of a checkpoint into a model of the same architecture.
/// \throws DataError  other architecture, channels or classes; both stated
void load_parameters(const std::string& path, Model& model);

/// Floating point, uint8, int32 and int64 tensors, on any device. bfloat16 becomes float32.
io::Array to_array(const at::Tensor& tensor);
at::Tensor to_tensor(const io::Array& array);

}  // namespace kdseg::models

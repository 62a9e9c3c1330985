#include "tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <dlfcn.h>
#include <malloc.h>

#include <cstdlib>
#include <vector>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::tensor {
namespace {

/// What the NVIDIA driver says, asked without any CUDA library: a CPU machine starts fast.
struct Driver {
  void* handle = nullptr;
  int gpus = 0;
  std::vector<std::string> names;
};

const Driver& driver() {
  static const Driver found = [] {
    Driver d;
    d.handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!d.handle) return d;
    const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(d.handle, "cuInit"));
    const auto count = reinterpret_cast<int (*)(int*)>(dlsym(d.handle, "cuDeviceGetCount"));
    const auto name =
        reinterpret_cast<int (*)(char*, int, int)>(dlsym(d.handle, "cuDeviceGetName"));
    if (!init || !count || init(0) != 0 || count(&d.gpus) != 0) d.gpus = 0;
    for (int i = 0; i < d.gpus; ++i) {
      char text[128] = "";
      if (name) name(text, sizeof text, i);
      d.names.emplace_back(text);
    }
    return d;
  }();
  return found;
}

/// Opens libtorch_cuda, whose static initializers register the CUDA backend.
/// \return the loader's reason where that failed, else empty
const std::string& open_cuda_library() {
  static const std::string reason = [] {
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return std::string();
    const char* first = dlerror();
    std::string message = first ? first : "unknown reason";
    Dl_info info{};  // beside libtorch_cpu, where the program's own search path leads elsewhere
    if (dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info) && info.dli_fname) {
      std::string path = info.dli_fname;
      path = path.substr(0, path.rfind('/') + 1) + "libtorch_cuda.so";
      if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return std::string();
      if (const char* second = dlerror()) message = second;
    }
    return message;
  }();
  return reason;
}

/// What stands between this process and GPU number `index`; empty: nothing.
std::string cuda_obstacle(int index) {
  if (!driver().handle) return "no NVIDIA driver on this machine (libcuda.so.1)";
  if (driver().gpus == 0) return "the NVIDIA driver shows no GPU (see nvidia-smi)";
  if (index >= driver().gpus)
    return "there are " + std::to_string(driver().gpus) + " GPUs, numbered from 0";
  if (!open_cuda_library().empty())
    return "LibTorch's CUDA library does not load: " + open_cuda_library();
  if (!at::hasCUDA()) return "this LibTorch was built without CUDA";
  return {};
}

/// Maps of a few megabytes come and go at every step: kept by the process, they are not cleared and
/// mapped anew by the system each time (measured: a quarter of a small network's step).
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest value that glibc takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
#endif
}

}  // namespace

at::Device open_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return cuda_obstacle(0).empty() ? at::Device(at::kCUDA, 0) : at::kCPU;
  int64_t index = 0;
  if (name.starts_with("cuda:")) {
    const auto parsed = parse_integer(name.substr(5));
    if (!parsed || *parsed < 0 || *parsed > 127)
      throw UsageError("device is '{}', expected cuda:N with N from 0", name);
    index = *parsed;
  } else if (name != "cuda") {
    throw UsageError("device is '{}', expected auto, cpu, cuda or cuda:N", name);
  }
  const std::string obstacle = cuda_obstacle(static_cast<int>(index));
  if (!obstacle.empty())
    throw UsageError("device {} is not available: {}; use --device cpu or auto", name, obstacle);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string describe(at::Device device) {
  if (device.is_cpu()) return "cpu";
  const auto index = static_cast<size_t>(device.has_index() ? device.index() : 0);
  std::string text = "cuda:" + std::to_string(index);
  if (index < driver().names.size()) text += " " + driver().names[index];
  return text;
}

at::Device configure(const TensorSettings& settings, int threads) {
  compute_type(settings.precision);  // an unknown word fails before anything is opened
  keep_freed_memory();
  if (threads > 0) at::set_num_threads(threads);
  // cuBLAS reads this when it starts; without it some of its sums depend on timing.
  if (settings.deterministic) setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  const at::Device device = open_device(settings.device);
  auto& context = at::globalContext();
  const bool tf32 = settings.precision == "tf32";
  context.setAllowTF32CuBLAS(tf32);
  context.setAllowTF32CuDNN(tf32);
  context.setDeterministicCuDNN(settings.deterministic);
  context.setBenchmarkCuDNN(device.is_cuda() && !settings.deterministic);
  return device;
}

at::ScalarType compute_type(const std::string& precision) {
  if (precision == "fp32" || precision == "tf32") return at::kFloat;
  if (precision == "bf16") return at::kBFloat16;
  if (precision == "fp16") return at::kHalf;
  throw UsageError("precision is '{}', expected fp32, tf32, bf16 or fp16", precision);
}

Autocast::Autocast(at::Device device, at::ScalarType type)
    : device_(device.type()), active_(type == at::kBFloat16 || type == at::kHalf) {
  if (!active_) return;
  before_ = at::autocast::is_autocast_enabled(device_);
  type_before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::increment_nesting();
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, type);
}

Autocast::~Autocast() {
  if (!active_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, before_);
  at::autocast::set_autocast_dtype(device_, type_before_);
}

at::ScalarType Autocast::current(at::Device device, at::ScalarType otherwise) {
  if (otherwise != at::kFloat || !at::autocast::is_autocast_enabled(device.type()))
    return otherwise;
  return at::autocast::get_autocast_dtype(device.type());
}

}  // namespace kdseg::tensor

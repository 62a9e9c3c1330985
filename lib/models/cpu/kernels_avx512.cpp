#define KDSEG_LANES 16
#define KDSEG_ROWS 8
#include "models/cpu/kernels.h"

namespace kdseg::models::cpu::avx512 {
namespace {
#include "models/cpu/kernels_impl.h"
}  // namespace
extern const Kernels kernels;
const Kernels kernels = table("avx512");
}  // namespace kdseg::models::cpu::avx512

#define KDSEG_LANES 8
#define KDSEG_ROWS 4
#include "models/cpu/kernels.h"

namespace kdseg::models::cpu::avx2 {
namespace {
#include "models/cpu/kernels_impl.h"
}  // namespace
extern const Kernels kernels;
const Kernels kernels = table("avx2");
}  // namespace kdseg::models::cpu::avx2

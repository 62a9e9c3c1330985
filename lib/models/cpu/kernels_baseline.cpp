#define KDSEG_LANES 4
#define KDSEG_ROWS 4
#include "models/cpu/kernels.h"

namespace kdseg::models::cpu::baseline {
namespace {
#include "models/cpu/kernels_impl.h"
}  // namespace
extern const Kernels kernels;
const Kernels kernels = table("baseline");
}  // namespace kdseg::models::cpu::baseline

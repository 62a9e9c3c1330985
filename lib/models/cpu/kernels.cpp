#include "models/cpu/kernels.h"

namespace kdseg::models::cpu {

namespace baseline {
extern const Kernels kernels;
}
#ifdef __x86_64__
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

namespace {

struct Found {
  const Kernels* sets[3];
  int count = 0;
  Found() {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
      sets[count++] = &avx512::kernels;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
      sets[count++] = &avx2::kernels;
#endif
    sets[count++] = &baseline::kernels;
  }
};

const Found& found() {
  static const Found sets;
  return sets;
}

}  // namespace

const Kernels& kernels() { return *found().sets[0]; }

const Kernels* const* all_kernels(int* count) {
  *count = found().count;
  return found().sets;
}

}  // namespace kdseg::models::cpu

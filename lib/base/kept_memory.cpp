#include "base/kept_memory.h"

#include <malloc.h>

namespace kdseg {

void keep_freed_scans() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);  // larger arrays would be mapped, and given back, one by one
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_ARENA_MAX, 1);  // what one thread freed serves the others
#endif
}

}  // namespace kdseg

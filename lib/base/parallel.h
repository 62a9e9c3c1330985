// A parallel loop over independent items.
#pragma once
#include <cstdint>
#include <functional>

namespace kdseg {

/// Threads this process should use: the least of `asked` (0: no wish), the affinity mask and the
/// cgroup's CPU quota; at least 1.
int usable_threads(int asked = 0);

/// Calls work(i) for i in [0, n) on up to `threads` threads, in no order. The first exception stops
/// further items and is rethrown. Results must not depend on the order: write to slot i.
void parallel_for(int64_t n, int threads, const std::function<void(int64_t)>& work);

}  // namespace kdseg

// A parallel loop over independent items.
#pragma once
#include <cstdint>
#include <functional>

namespace kdseg {

/// Calls work(i) for i in [0, n) on up to `threads` threads, in no order. The first exception stops
/// further items and is rethrown. Results must not depend on the order: write to slot i.
void parallel_for(int64_t n, int threads, const std::function<void(int64_t)>& work);

}  // namespace kdseg

// How many threads a computation keeps busy.
#pragma once

namespace kdseg::tensor {

/// Threads that `macs` multiply-accumulates (of one iteration, or one pass) keep busy: 1 to
/// `given`. Networks share their work many times in every pass; where a thread's part of all of it
/// takes less than some 25 ms, the threads wait for each other for as long as they help, and take
/// cores from others. No result depends on the number.
int worthwhile_threads(double macs, int given);

/// Lets what this thread computes from now on run on worthwhile_threads().
void use_threads_for(double macs, int given);

}  // namespace kdseg::tensor

// What becomes of memory that a program frees: back to the system, or kept for the next array.
#pragma once

namespace kdseg {

/// For programs that hold whole scans and are short: what arrays of any size and of all threads
/// needed at one time stays theirs until they end. Else each array of a scan would be mapped,
/// cleared and given back by the system (measured: nine of ten page faults of preprocess).
/// To be called before threads are started; without effect where the library is not glibc.
void keep_freed_scans();

}  // namespace kdseg

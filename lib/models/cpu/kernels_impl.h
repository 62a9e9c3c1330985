// The inner loops of kernels.h, written over vectors of KDSEG_LANES floats. Included by one source
// file per instruction set, inside a namespace of its own; neither this file nor its parts may
// include anything else, so that no shared inline function is compiled for an instruction set the
// processor may lack. No include guards: each instruction set compiles its own copy.

#include "models/cpu/kernels_vectors.h"  // first: the others need it

#include "models/cpu/kernels_pointwise.h"
#include "models/cpu/kernels_resampling.h"
#include "models/cpu/kernels_winograd.h"

constexpr Kernels table(const char* name) {
  return {name,
          input_tile,
          output_tile,
          gradient_tile,
          multiply,
          correlate,
          weight_tile,
          weight_gradient_tile,
          moments,
          scale_leaky,
          leaky_gradient_sums,
          leaky_gradient,
          mix,
          add_scaled,
          pool,
          pool_gradient,
          repeat,
          repeat_gradient};
}

// Inner loops on float32 maps, compiled once per instruction set and chosen at run time.
#pragma once
#include <cstdint>

namespace kdseg::models::cpu {

/// Channels that the packed weights interleave: rows of `u` below are padded to a multiple of it.
inline constexpr int64_t channel_block = 8;
/// Floats that a vector may read or write past the last position it is asked for.
inline constexpr int64_t slack = 16;
/// Side of the transformed tile: 4x4 outputs need 6x6 inputs.
inline constexpr int64_t tile = 4, window = 6, frequencies = window * window;

/// Positions count * step apart, each the first of `length` neighbors.
struct Segments {
  int64_t count, length, step;
};

/// A norm and a LeakyReLU that a map still waits for: leaky(scale * x + offset).
struct Activation {
  float scale = 1.0f, offset = 0.0f, slope = 1.0f;
};

/// Convolution with 3x3x3 weights as Winograd's F(4x4, 3x3) over the two slow axes and three plain
/// taps along the fast one. Source: Lavin & Gray 2016, arXiv:1509.09308; the third axis stays plain
/// so that vectors run along it.
struct Kernels {
  const char* name;

  /// 36 rows of `width` values (window of 6x6 rows) -> 36 transformed rows, `stride` apart. With an
  /// activation, done as rows are read, null is a row of zeros that it leaves alone.
  void (*input_tile)(const float* const* rows, int64_t width, float* out, int64_t stride,
                     const Activation* activation);
  /// 36 transformed rows -> 16 rows (null: not wanted) plus `bias`, plus `factor` times as many
  /// rows `added` (null: none).
  void (*output_tile)(const float* in, int64_t stride, int64_t width, float* const* rows,
                      float bias, const float* const* added, float factor);
  /// Adjoint of output_tile without bias: 16 rows -> 36 transformed rows.
  void (*gradient_tile)(const float* const* rows, int64_t width, float* out, int64_t stride);
  /// m[o][p] = sum over c, k of u[c][k][o] * v[c][p + k] for 8 output channels and the positions p
  /// of the segments; writes up to the next whole vector.
  void (*multiply)(const float* v, int64_t v_stride, const float* u, int64_t channels, float* m,
                   int64_t m_stride, const Segments& segments);
  /// u[c][k][o] += sum over p of m[o][p] * v[c][p + k]: adjoint of multiply in u. Reads whole
  /// vectors: past the end of a segment m must be 0 and v finite.
  void (*correlate)(const float* v, int64_t v_stride, const float* m, int64_t m_stride,
                    const Segments& segments, int64_t channels, float* u);
  /// 27 taps x 8 channels -> 36 x 3 x 8: u[f][k][8], `stride` between frequencies.
  void (*weight_tile)(const float* taps, float* u, int64_t stride);
  /// Adjoint of weight_tile.
  void (*weight_gradient_tile)(const float* u, int64_t stride, float* taps);

  /// Sum and sum of squared deviations from `shift` of n values.
  void (*moments)(const float* x, int64_t n, float shift, double* sum, double* squares);
  /// y = leaky(scale * x + offset).
  void (*scale_leaky)(const float* x, int64_t n, const Activation& activation, float* y);
  /// With g = dy where scale * x + offset > 0, else slope * dy: sums of g and g * (x - mean).
  void (*leaky_gradient_sums)(const float* x, const float* dy, int64_t n,
                              const Activation& activation, float mean, double* sum,
                              double* product);
  /// dx = a * g + b * x + c with g as above.
  void (*leaky_gradient)(const float* x, const float* dy, int64_t n, const Activation& activation,
                         float a, float b, float c, float* dx);

  /// A 1x1x1 convolution of n values: output o, at y + o * y_stride, is biases[o] (null: 0) plus
  /// the sum over c of weights[o * channels + c] * x[c], each after its activation (null: none).
  void (*mix)(const float* const* x, const Activation* activations, int64_t channels,
              const float* weights, const float* biases, int64_t outputs, int64_t n, float* y,
              int64_t y_stride);
  /// y += factor * x for n values.
  void (*add_scaled)(const float* x, float factor, int64_t n, float* y);

  /// Largest of 2x2x2 blocks of one volume with even sides; `which` gets its place, 0..7.
  void (*pool)(const float* x, int64_t depth, int64_t height, int64_t width, float* y,
               uint8_t* which);
  void (*pool_gradient)(const float* dy, const uint8_t* which, int64_t depth, int64_t height,
                        int64_t width, float* dx);
  /// Each voxel repeated 2x2x2 times; sizes are those of the small volume.
  void (*repeat)(const float* x, int64_t depth, int64_t height, int64_t width, float* y);
  void (*repeat_gradient)(const float* dy, int64_t depth, int64_t height, int64_t width, float* dx);
};

/// The best set this processor runs.
const Kernels& kernels();

/// Every set this processor runs, best first.
const Kernels* const* all_kernels(int* count);

}  // namespace kdseg::models::cpu

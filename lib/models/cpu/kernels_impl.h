// The inner loops of kernels.h, written over vectors of KDSEG_LANES floats. Included by one source
// file per instruction set, inside a namespace of its own; must not include anything itself, so
// that no shared inline function is compiled for an instruction set the processor may lack.

template <int N>
struct Lanes {
  typedef float type __attribute__((vector_size(N * 4)));
  typedef float loose __attribute__((vector_size(N * 4), aligned(4), may_alias));
  typedef int mask __attribute__((vector_size(N * 4)));
};
template <>
struct Lanes<1> {
  typedef float type, loose;
  typedef int mask;
};

template <int N>
inline typename Lanes<N>::type load(const float* p) {
  return *reinterpret_cast<const typename Lanes<N>::loose*>(p);
}
template <int N>
inline void store(float* p, typename Lanes<N>::type v) {
  *reinterpret_cast<typename Lanes<N>::loose*>(p) = v;
}

constexpr int lanes = KDSEG_LANES;
using Vector = Lanes<lanes>::type;

/// Lower half plus upper half.
template <int N>
inline typename Lanes<N / 2>::type folded(typename Lanes<N>::type v) {
  struct {
    typename Lanes<N / 2>::type low, high;
  } halves;
  __builtin_memcpy(&halves, &v, sizeof v);
  return halves.low + halves.high;
}
template <int N>
inline float total_of(typename Lanes<N>::type v) {
  if constexpr (N == 4)
    return (v[0] + v[2]) + (v[1] + v[3]);
  else
    return total_of<N / 2>(folded<N>(v));
}
inline float total(Vector v) { return total_of<lanes>(v); }

/// Vectors of 8 (or 4) lanes, each the sum of pairs of neighbors in a and b, interleaved.
template <class T>
inline T add_neighbors(T a, T b) {
  if constexpr (sizeof(T) == 32)
    return __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
           __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  else
    return __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
}
template <class T>
inline T add_pairs(T a, T b) {
  if constexpr (sizeof(T) == 32)
    return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
           __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  else
    return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

/// The totals of `rows` vectors as one vector: transposes while it adds.
template <int rows, int N>
inline typename Lanes<rows>::type totals(const typename Lanes<N>::type* v) {
  if constexpr (N > rows) {
    typename Lanes<N / 2>::type half[rows];
    for (int i = 0; i < rows; ++i) half[i] = folded<N>(v[i]);
    return totals<rows, N / 2>(half);
  } else {
    const auto low = add_pairs(add_neighbors(v[0], v[1]), add_neighbors(v[2], v[3]));
    if constexpr (rows == 4) {
      return low;
    } else {
      const auto high = add_pairs(add_neighbors(v[4], v[5]), add_neighbors(v[6], v[7]));
      return __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11) +
             __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
    }
  }
}

/// Runs step.template at<N>(x) over [0, n) in vectors as wide as fit.
template <class Step>
inline void sweep(int64_t n, const Step& step) {
  int64_t x = 0;
  for (; x + lanes <= n; x += lanes) step.template at<lanes>(x);
  if constexpr (lanes > 8)
    if (x + 8 <= n) {
      step.template at<8>(x);
      x += 8;
    }
  if constexpr (lanes > 4)
    if (x + 4 <= n) {
      step.template at<4>(x);
      x += 4;
    }
  for (; x < n; ++x) step.template at<1>(x);
}

// One-dimensional transforms of F(4, 3) for the points 0, 1, -1, 2, -2 and infinity.
template <class T>
inline void input_line(const T* d, int s, T* t, int r) {
  const T a = d[4 * s] - 4.0f * d[2 * s], b = d[3 * s] - 4.0f * d[s];
  const T e = d[4 * s] - d[2 * s], f = 2.0f * (d[3 * s] - d[s]);
  t[0] = 4.0f * d[0] - 5.0f * d[2 * s] + d[4 * s];
  t[r] = a + b;
  t[2 * r] = a - b;
  t[3 * r] = e + f;
  t[4 * r] = e - f;
  t[5 * r] = 4.0f * d[s] - 5.0f * d[3 * s] + d[5 * s];
}
template <class T>
inline void output_line(const T* m, int s, T* y, int r) {
  const T a = m[s] + m[2 * s], b = m[s] - m[2 * s];
  const T c = m[3 * s] + m[4 * s], d = m[3 * s] - m[4 * s];
  y[0] = m[0] + a + c;
  y[r] = b + 2.0f * d;
  y[2 * r] = a + 4.0f * c;
  y[3 * r] = b + 8.0f * d + m[5 * s];
}
template <class T>
inline void gradient_line(const T* y, int s, T* m, int r) {
  const T even = y[0] + y[2 * s], odd = y[s] + y[3 * s];
  const T far_even = y[0] + 4.0f * y[2 * s], far_odd = 2.0f * y[s] + 8.0f * y[3 * s];
  m[0] = y[0];
  m[r] = even + odd;
  m[2 * r] = even - odd;
  m[3 * r] = far_even + far_odd;
  m[4 * r] = far_even - far_odd;
  m[5 * r] = y[3 * s];
}
template <class T>
inline void weight_line(const T* g, int s, T* u, int r) {
  const T ends = g[0] + g[2 * s], mixed = g[0] + 4.0f * g[2 * s];
  u[0] = 0.25f * g[0];
  u[r] = (-1.0f / 6) * (ends + g[s]);
  u[2 * r] = (-1.0f / 6) * (ends - g[s]);
  u[3 * r] = (1.0f / 24) * (mixed + 2.0f * g[s]);
  u[4 * r] = (1.0f / 24) * (mixed - 2.0f * g[s]);
  u[5 * r] = g[2 * s];
}
template <class T>
inline void weight_gradient_line(const T* u, int s, T* g, int r) {
  const T a = (-1.0f / 6) * (u[s] + u[2 * s]), b = (-1.0f / 6) * (u[s] - u[2 * s]);
  const T c = (1.0f / 24) * (u[3 * s] + u[4 * s]), d = (1.0f / 12) * (u[3 * s] - u[4 * s]);
  g[0] = 0.25f * u[0] + a + c;
  g[r] = b + d;
  g[2 * r] = a + 4.0f * c + u[5 * s];
}

struct InputTile {
  const float* const* rows;
  float* out;
  int64_t stride;
  template <int N>
  inline void at(int64_t x) const {
    using T = typename Lanes<N>::type;
    T t[36], column[6], result[6];
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) column[j] = load<N>(rows[6 * i + j] + x);
      input_line(column, 1, t + 6 * i, 1);
    }
    for (int j = 0; j < 6; ++j) {
      input_line(t + j, 6, result, 1);
      for (int i = 0; i < 6; ++i) store<N>(out + (6 * i + j) * stride + x, result[i]);
    }
  }
};
void input_tile(const float* const* rows, int64_t width, float* out, int64_t stride) {
  sweep(width, InputTile{rows, out, stride});
}

struct OutputTile {
  const float* in;
  int64_t stride;
  float* const* rows;
  float bias;
  template <int N>
  inline void at(int64_t x) const {
    using T = typename Lanes<N>::type;
    T t[24], line[6], result[4];
    for (int j = 0; j < 6; ++j) {
      for (int i = 0; i < 6; ++i) line[i] = load<N>(in + (6 * i + j) * stride + x);
      output_line(line, 1, t + j, 6);
    }
    for (int i = 0; i < 4; ++i) {
      output_line(t + 6 * i, 1, result, 1);
      for (int j = 0; j < 4; ++j)
        if (rows[4 * i + j]) store<N>(rows[4 * i + j] + x, result[j] + bias);
    }
  }
};
void output_tile(const float* in, int64_t stride, int64_t width, float* const* rows, float bias) {
  sweep(width, OutputTile{in, stride, rows, bias});
}

struct GradientTile {
  const float* const* rows;
  float* out;
  int64_t stride;
  template <int N>
  inline void at(int64_t x) const {
    using T = typename Lanes<N>::type;
    T t[24], line[4], result[6];
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) line[j] = load<N>(rows[4 * i + j] + x);
      gradient_line(line, 1, t + 6 * i, 1);
    }
    for (int j = 0; j < 6; ++j) {
      gradient_line(t + j, 6, result, 1);
      for (int i = 0; i < 6; ++i) store<N>(out + (6 * i + j) * stride + x, result[i]);
    }
  }
};
void gradient_tile(const float* const* rows, int64_t width, float* out, int64_t stride) {
  sweep(width, GradientTile{rows, out, stride});
}

/// KDSEG_ROWS output channels by `vectors` vectors of positions, held in registers.
template <int vectors>
inline void multiply_block(const float* v, int64_t v_stride, const float* u, int64_t channels,
                           float* m, int64_t m_stride) {
  Vector sum[KDSEG_ROWS][vectors];
  for (int o = 0; o < KDSEG_ROWS; ++o)
    for (int j = 0; j < vectors; ++j) sum[o][j] = Vector{};
  for (int64_t c = 0; c < channels; ++c)
    for (int k = 0; k < 3; ++k) {
      const float* from = v + c * v_stride + k;
      Vector x[vectors];
      for (int j = 0; j < vectors; ++j) x[j] = load<lanes>(from + j * lanes);
      const float* weights = u + (c * 3 + k) * channel_block;
      for (int o = 0; o < KDSEG_ROWS; ++o)
        for (int j = 0; j < vectors; ++j) sum[o][j] += weights[o] * x[j];
    }
  for (int o = 0; o < KDSEG_ROWS; ++o)
    for (int j = 0; j < vectors; ++j) store<lanes>(m + o * m_stride + j * lanes, sum[o][j]);
}
void multiply(const float* v, int64_t v_stride, const float* u, int64_t channels, float* m,
              int64_t m_stride, const Segments& segments) {
  for (int o = 0; o < channel_block; o += KDSEG_ROWS)
    for (int64_t s = 0; s < segments.count; ++s) {
      const float* from = v + s * segments.step;
      float* to = m + o * m_stride + s * segments.step;
      int64_t p = 0;
      for (; p + 2 * lanes < segments.length; p += 3 * lanes)
        multiply_block<3>(from + p, v_stride, u + o, channels, to + p, m_stride);
      if (p + lanes < segments.length)
        multiply_block<2>(from + p, v_stride, u + o, channels, to + p, m_stride);
      else if (p < segments.length)
        multiply_block<1>(from + p, v_stride, u + o, channels, to + p, m_stride);
    }
}

void correlate(const float* v, int64_t v_stride, const float* m, int64_t m_stride,
               const Segments& segments, int64_t channels, float* u) {
  for (int64_t c = 0; c < channels; ++c)
    for (int first = 0; first < channel_block; first += KDSEG_ROWS) {
      Vector sum[3][KDSEG_ROWS];
      for (int k = 0; k < 3; ++k)
        for (int o = 0; o < KDSEG_ROWS; ++o) sum[k][o] = Vector{};
      for (int64_t s = 0; s < segments.count; ++s) {
        const float* x_at = v + c * v_stride + s * segments.step;
        const float* g_at = m + first * m_stride + s * segments.step;
        for (int64_t p = 0; p < segments.length; p += lanes) {
          Vector x[3];
          for (int k = 0; k < 3; ++k) x[k] = load<lanes>(x_at + p + k);
          for (int o = 0; o < KDSEG_ROWS; ++o) {
            const Vector g = load<lanes>(g_at + o * m_stride + p);
            for (int k = 0; k < 3; ++k) sum[k][o] += g * x[k];
          }
        }
      }
      for (int k = 0; k < 3; ++k) {
        float* to = u + (c * 3 + k) * channel_block + first;
        store<KDSEG_ROWS>(to, load<KDSEG_ROWS>(to) + totals<KDSEG_ROWS, lanes>(sum[k]));
      }
    }
}

void weight_tile(const float* taps, float* u, int64_t stride) {
  using T = Lanes<8>::type;
  for (int k = 0; k < 3; ++k) {
    T g[9], t[18], result[6];
    for (int i = 0; i < 9; ++i) g[i] = load<8>(taps + (3 * i + k) * 8);
    for (int i = 0; i < 3; ++i) weight_line(g + 3 * i, 1, t + 6 * i, 1);
    for (int j = 0; j < 6; ++j) {
      weight_line(t + j, 6, result, 1);
      for (int i = 0; i < 6; ++i) store<8>(u + (6 * i + j) * stride + k * 8, result[i]);
    }
  }
}
void weight_gradient_tile(const float* u, int64_t stride, float* taps) {
  using T = Lanes<8>::type;
  for (int k = 0; k < 3; ++k) {
    T t[18], line[6], result[3];
    for (int j = 0; j < 6; ++j) {
      for (int i = 0; i < 6; ++i) line[i] = load<8>(u + (6 * i + j) * stride + k * 8);
      weight_gradient_line(line, 1, t + j, 6);
    }
    for (int i = 0; i < 3; ++i) {
      weight_gradient_line(t + 6 * i, 1, result, 1);
      for (int j = 0; j < 3; ++j) store<8>(taps + (3 * (3 * i + j) + k) * 8, result[j]);
    }
  }
}

// Sums run in float32 vectors over short stretches and in float64 across them.
constexpr int64_t stretch = 1024;

void moments(const float* x, int64_t n, float shift, double* sum, double* squares) {
  *sum = *squares = 0;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = begin + stretch < n ? begin + stretch : n;
    Vector s[2]{}, q[2]{};
    int64_t i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes)
      for (int h = 0; h < 2; ++h) {
        const Vector d = load<lanes>(x + i + h * lanes) - shift;
        s[h] += d;
        q[h] += d * d;
      }
    float tail = 0, tail_squares = 0;
    for (; i < end; ++i) {
      const float d = x[i] - shift;
      tail += d;
      tail_squares += d * d;
    }
    *sum += static_cast<double>(total(s[0] + s[1])) + static_cast<double>(tail);
    *squares += static_cast<double>(total(q[0] + q[1])) + static_cast<double>(tail_squares);
  }
}

struct ScaleLeaky {
  const float* x;
  float* y;
  float scale, offset, slope;
  template <int N>
  inline void at(int64_t i) const {
    const auto z = scale * load<N>(x + i) + offset;
    store<N>(y + i, z > 0.0f ? z : slope * z);
  }
};
void scale_leaky(const float* x, int64_t n, float scale, float offset, float slope, float* y) {
  sweep(n, ScaleLeaky{x, y, scale, offset, slope});
}

template <int N>
inline typename Lanes<N>::type through_leaky(const float* x, const float* dy, float scale,
                                             float offset, float slope) {
  const auto g = load<N>(dy);
  return scale * load<N>(x) + offset > 0.0f ? g : slope * g;
}

void leaky_gradient_sums(const float* x, const float* dy, int64_t n, float scale, float offset,
                         float slope, float mean, double* sum, double* product) {
  *sum = *product = 0;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = begin + stretch < n ? begin + stretch : n;
    Vector s{}, q{};
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      const Vector g = through_leaky<lanes>(x + i, dy + i, scale, offset, slope);
      s += g;
      q += g * (load<lanes>(x + i) - mean);
    }
    float tail = 0, tail_product = 0;
    for (; i < end; ++i) {
      const float g = through_leaky<1>(x + i, dy + i, scale, offset, slope);
      tail += g;
      tail_product += g * (x[i] - mean);
    }
    *sum += static_cast<double>(total(s)) + static_cast<double>(tail);
    *product += static_cast<double>(total(q)) + static_cast<double>(tail_product);
  }
}

struct LeakyGradient {
  const float *x, *dy;
  float* dx;
  float scale, offset, slope, a, b, c;
  template <int N>
  inline void at(int64_t i) const {
    const auto g = through_leaky<N>(x + i, dy + i, scale, offset, slope);
    store<N>(dx + i, a * g + (b * load<N>(x + i) + c));
  }
};
void leaky_gradient(const float* x, const float* dy, int64_t n, float scale, float offset,
                    float slope, float a, float b, float c, float* dx) {
  sweep(n, LeakyGradient{x, dy, dx, scale, offset, slope, a, b, c});
}

template <int N, int first>
inline typename Lanes<N>::type every_second(const float* x) {
  const auto a = load<N>(x), b = load<N>(x + N);
  if constexpr (N == 16)
    return __builtin_shufflevector(a, b, first, first + 2, first + 4, first + 6, first + 8,
                                   first + 10, first + 12, first + 14, first + 16, first + 18,
                                   first + 20, first + 22, first + 24, first + 26, first + 28,
                                   first + 30);
  else if constexpr (N == 8)
    return __builtin_shufflevector(a, b, first, first + 2, first + 4, first + 6, first + 8,
                                   first + 10, first + 12, first + 14);
  else
    return __builtin_shufflevector(a, b, first, first + 2, first + 4, first + 6);
}

struct Mix {
  const float* const* x;
  const float* weights;
  int64_t channels;
  float bias;
  float* y;
  template <int N>
  inline void at(int64_t i) const {
    using T = typename Lanes<N>::type;
    T sum = T{} + bias;
    for (int64_t c = 0; c < channels; ++c) sum += weights[c] * load<N>(x[c] + i);
    store<N>(y + i, sum);
  }
};
void mix(const float* const* x, const float* weights, int64_t channels, float bias, int64_t n,
         float* y) {
  sweep(n, Mix{x, weights, channels, bias, y});
}

struct AddScaled {
  const float* x;
  float factor;
  float* y;
  template <int N>
  inline void at(int64_t i) const {
    store<N>(y + i, load<N>(y + i) + factor * load<N>(x + i));
  }
};
void add_scaled(const float* x, float factor, int64_t n, float* y) {
  sweep(n, AddScaled{x, factor, y});
}

struct PoolRow {
  const float* const* rows;
  float* y;
  uint8_t* which;
  template <int N>
  inline void at(int64_t i) const {
    if constexpr (N == 1) {
      float best = rows[0][2 * i];
      int place = 0;
      for (int j = 1; j < 8; ++j) {
        const float value = rows[j / 2][2 * i + j % 2];
        // Not-a-number wins, as in LibTorch: it must not be hidden.
        const bool better = value > best || value != value;
        best = better ? value : best;
        place = better ? j : place;
      }
      y[i] = best;
      which[i] = static_cast<uint8_t>(place);
    } else {
      using T = typename Lanes<N>::type;
      using M = typename Lanes<N>::mask;
      T best = every_second<N, 0>(rows[0] + 2 * i);
      M place{};
      for (int j = 1; j < 8; ++j) {
        const float* from = rows[j / 2] + 2 * i;
        const T value = j % 2 ? every_second<N, 1>(from) : every_second<N, 0>(from);
        const M better = (value > best) | (value != value);
        best = better ? value : best;
        place = better ? M{} + j : place;
      }
      store<N>(y + i, best);
      for (int l = 0; l < N; ++l) which[i + l] = static_cast<uint8_t>(place[l]);
    }
  }
};
void pool(const float* x, int64_t depth, int64_t height, int64_t width, float* y, uint8_t* which) {
  const int64_t plane = height * width;
  for (int64_t z = 0; z < depth / 2; ++z)
    for (int64_t r = 0; r < height / 2; ++r) {
      const float* corner = x + 2 * z * plane + 2 * r * width;
      const float* rows[4] = {corner, corner + width, corner + plane, corner + plane + width};
      sweep(width / 2, PoolRow{rows, y, which});
      y += width / 2;
      which += width / 2;
    }
}
void pool_gradient(const float* dy, const uint8_t* which, int64_t depth, int64_t height,
                   int64_t width, float* dx) {
  const int64_t plane = height * width;
  for (int64_t z = 0; z < depth / 2; ++z)
    for (int64_t r = 0; r < height / 2; ++r) {
      float* corner = dx + 2 * z * plane + 2 * r * width;
      float* rows[4] = {corner, corner + width, corner + plane, corner + plane + width};
      for (int j = 0; j < 4; ++j)
        for (int64_t i = 0; i < width / 2; ++i) {
          rows[j][2 * i] = which[i] == 2 * j ? dy[i] : 0.0f;
          rows[j][2 * i + 1] = which[i] == 2 * j + 1 ? dy[i] : 0.0f;
        }
      dy += width / 2;
      which += width / 2;
    }
}

void repeat(const float* x, int64_t depth, int64_t height, int64_t width, float* y) {
  const int64_t row = 2 * width, plane = 2 * height * row;
  for (int64_t z = 0; z < depth; ++z)
    for (int64_t r = 0; r < height; ++r) {
      float* to = y + 2 * z * plane + 2 * r * row;
      for (int64_t i = 0; i < width; ++i) to[2 * i] = to[2 * i + 1] = x[i];
      for (int64_t i = 0; i < row; ++i) to[row + i] = to[plane + i] = to[plane + row + i] = to[i];
      x += width;
    }
}
void repeat_gradient(const float* dy, int64_t depth, int64_t height, int64_t width, float* dx) {
  const int64_t row = 2 * width, plane = 2 * height * row;
  for (int64_t z = 0; z < depth; ++z)
    for (int64_t r = 0; r < height; ++r) {
      const float* from = dy + 2 * z * plane + 2 * r * row;
      for (int64_t i = 0; i < width; ++i) {
        const float* at = from + 2 * i;
        const float even = (at[0] + at[row]) + (at[plane] + at[plane + row]);
        const float odd = (at[1] + at[row + 1]) + (at[plane + 1] + at[plane + row + 1]);
        dx[i] = even + odd;
      }
      dx += width;
    }
}

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

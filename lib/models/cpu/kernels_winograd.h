// Tiles of Winograd convolutions: transforms and products. Part of kernels_impl.h, which says how
// it is compiled; comes after kernels_vectors.h.

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

inline bool none_is_null(const float* const* rows, int count) {
  for (int i = 0; i < count; ++i)
    if (!rows[i]) return false;
  return true;
}

/// `all`: no row is null.
template <bool active, bool all>
struct InputTile {
  const float* const* rows;
  float* out;
  int64_t stride;
  Activation a;
  template <int N>
  inline typename Lanes<N>::type row(int i, int64_t x) const {
    using T = typename Lanes<N>::type;
    if constexpr (!active) return load<N>(rows[i] + x);
    if (!all && !rows[i]) return T{};
    return activated(a, load<N>(rows[i] + x));
  }
  template <int N>
  inline void at(int64_t x) const {
    using T = typename Lanes<N>::type;
    T t[36], column[6], result[6];
    for (int i = 0; i < 6; ++i) {
      for (int j = 0; j < 6; ++j) column[j] = row<N>(6 * i + j, x);
      input_line(column, 1, t + 6 * i, 1);
    }
    for (int j = 0; j < 6; ++j) {
      input_line(t + j, 6, result, 1);
      for (int i = 0; i < 6; ++i) store<N>(out + (6 * i + j) * stride + x, result[i]);
    }
  }
};
void input_tile(const float* const* rows, int64_t width, float* out, int64_t stride,
                const Activation* activation) {
  if (!activation) return sweep(width, InputTile<false, true>{rows, out, stride, {}});
  if (none_is_null(rows, frequencies))
    sweep(width, InputTile<true, true>{rows, out, stride, *activation});
  else
    sweep(width, InputTile<true, false>{rows, out, stride, *activation});
}

/// `all`: no row is null; `more`: there are rows to add.
template <bool all, bool more>
struct OutputTile {
  const float* in;
  int64_t stride;
  float* const* rows;
  float bias;
  const float* const* added;
  float factor;
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
        if (all || rows[4 * i + j]) {
          T y = result[j] + bias;
          if constexpr (more) y += factor * load<N>(added[4 * i + j] + x);
          store<N>(rows[4 * i + j] + x, y);
        }
    }
  }
};
void output_tile(const float* in, int64_t stride, int64_t width, float* const* rows, float bias,
                 const float* const* added, float factor) {
  const bool all = none_is_null(rows, tile * tile);
  if (all && added)
    sweep(width, OutputTile<true, true>{in, stride, rows, bias, added, factor});
  else if (all)
    sweep(width, OutputTile<true, false>{in, stride, rows, bias, added, factor});
  else if (added)
    sweep(width, OutputTile<false, true>{in, stride, rows, bias, added, factor});
  else
    sweep(width, OutputTile<false, false>{in, stride, rows, bias, added, factor});
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
      // Three vectors at a time, but two and two at the end of four: one alone waits for its sums.
      const auto left = [&] { return (segments.length - p + lanes - 1) / lanes; };
      for (; left() > 4 || left() == 3; p += 3 * lanes)
        multiply_block<3>(from + p, v_stride, u + o, channels, to + p, m_stride);
      if (left() == 4) {
        multiply_block<2>(from + p, v_stride, u + o, channels, to + p, m_stride);
        p += 2 * lanes;
      }
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

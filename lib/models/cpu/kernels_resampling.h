// Halving and doubling of maps. Part of kernels_impl.h, which says how it is compiled; comes after
// kernels_vectors.h.

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
        const M nan = value != value;  // NOLINT(misc-redundant-expression)
        const M better = (value > best) | nan;
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

// Normalization, activation and sums of maps. Part of kernels_impl.h, which says how it is
// compiled; comes after kernels_vectors.h.

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

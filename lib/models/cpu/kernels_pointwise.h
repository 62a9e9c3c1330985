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

template <class T>
inline T activated(const Activation& a, T x) {
  const T z = a.scale * x + a.offset;
  return z > 0.0f ? z : a.slope * z;
}

struct ScaleLeaky {
  const float* x;
  float* y;
  Activation activation;
  template <int N>
  inline void at(int64_t i) const {
    store<N>(y + i, activated(activation, load<N>(x + i)));
  }
};
void scale_leaky(const float* x, int64_t n, const Activation& activation, float* y) {
  sweep(n, ScaleLeaky{x, y, activation});
}

template <int N>
inline typename Lanes<N>::type through_leaky(const float* x, const float* dy, const Activation& a) {
  const auto g = load<N>(dy);
  return a.scale * load<N>(x) + a.offset > 0.0f ? g : a.slope * g;
}

void leaky_gradient_sums(const float* x, const float* dy, int64_t n, const Activation& activation,
                         float mean, double* sum, double* product) {
  *sum = *product = 0;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = begin + stretch < n ? begin + stretch : n;
    Vector s{}, q{};
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) {
      const Vector g = through_leaky<lanes>(x + i, dy + i, activation);
      s += g;
      q += g * (load<lanes>(x + i) - mean);
    }
    float tail = 0, tail_product = 0;
    for (; i < end; ++i) {
      const float g = through_leaky<1>(x + i, dy + i, activation);
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
  Activation activation;
  float a, b, c;
  template <int N>
  inline void at(int64_t i) const {
    const auto g = through_leaky<N>(x + i, dy + i, activation);
    store<N>(dx + i, a * g + (b * load<N>(x + i) + c));
  }
};
void leaky_gradient(const float* x, const float* dy, int64_t n, const Activation& activation,
                    float a, float b, float c, float* dx) {
  sweep(n, LeakyGradient{x, dy, dx, activation, a, b, c});
}

template <bool active, int outputs>
struct Mix {
  const float* const* x;
  const Activation* activations;
  int64_t channels;
  const float *weights, *biases;
  float* y;
  int64_t y_stride;
  template <int N>
  inline void at(int64_t i) const {
    using T = typename Lanes<N>::type;
    T sum[outputs];
    for (int o = 0; o < outputs; ++o) sum[o] = T{} + (biases ? biases[o] : 0.0f);
    for (int64_t c = 0; c < channels; ++c) {
      T v = load<N>(x[c] + i);
      if constexpr (active) v = activated(activations[c], v);
      for (int o = 0; o < outputs; ++o) sum[o] += weights[o * channels + c] * v;
    }
    for (int o = 0; o < outputs; ++o) store<N>(y + o * y_stride + i, sum[o]);
  }
};
template <bool active>
inline void mix_all(const float* const* x, const Activation* activations, int64_t channels,
                    const float* weights, const float* biases, int64_t outputs, int64_t n, float* y,
                    int64_t y_stride) {
  int64_t o = 0;
  const auto next = [&](auto step) {
    step.weights = weights + o * channels;
    step.biases = biases ? biases + o : nullptr;
    step.y = y + o * y_stride;
    sweep(n, step);
  };
  // Four at a time share what they read.
  for (; o + 4 <= outputs; o += 4)
    next(Mix<active, 4>{x, activations, channels, nullptr, nullptr, nullptr, y_stride});
  for (; o < outputs; ++o)
    next(Mix<active, 1>{x, activations, channels, nullptr, nullptr, nullptr, y_stride});
}
void mix(const float* const* x, const Activation* activations, int64_t channels,
         const float* weights, const float* biases, int64_t outputs, int64_t n, float* y,
         int64_t y_stride) {
  if (activations)
    mix_all<true>(x, activations, channels, weights, biases, outputs, n, y, y_stride);
  else
    mix_all<false>(x, activations, channels, weights, biases, outputs, n, y, y_stride);
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

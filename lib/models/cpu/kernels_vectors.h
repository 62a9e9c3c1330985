// Vectors of any number of floats, for the inner loops. Part of kernels_impl.h, which says how it
// is compiled.

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

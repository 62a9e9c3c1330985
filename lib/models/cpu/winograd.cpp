#include "models/cpu/winograd.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace kdseg::models::cpu {
namespace {

constexpr int64_t taps = 27;
constexpr int64_t cell = 3 * channel_block;  ///< transformed weights of one input and one block

int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

/// Memory that a thread keeps from call to call, one piece per use.
float* scratch(int use, int64_t floats) {
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  static thread_local std::array<std::unique_ptr<float, Free>, 3> memory;
  static thread_local std::array<int64_t, 3> capacity{};
  const auto i = static_cast<size_t>(use);
  if (capacity[i] < floats) {
    const auto bytes = static_cast<size_t>(round_up(floats * 4, 4096));
    memory[i].reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    if (!memory[i]) throw std::bad_alloc();
    std::memset(memory[i].get(), 0, bytes);  // stale bits could be NaN, and 0 * NaN is NaN
    capacity[i] = floats;
  }
  return memory[i].get();
}

/// The tiles of a volume in one line, and how they lie in transformed rows. Values of tile t start
/// at front + t * step, with a zero before and behind them for the outer taps. Rows of whole
/// vectors stay aligned and are computed one by one; others are packed, and computed across their
/// zeros.
struct Tiling {
  explicit Tiling(Size s)
      : size(s),
        rows((s.height + tile - 1) / tile),
        count((s.depth + tile - 1) / tile * rows),
        packed(s.width % line != 0),
        front(packed ? 1 : line),
        step(packed ? s.width + 2 : s.width + line) {}
  static constexpr int64_t line = 16;  ///< floats of a cache line and of the longest vector
  Size size;
  int64_t rows, count;
  bool packed;
  int64_t front, step;
  int64_t depth_of(int64_t t) const { return t / rows * tile; }
  int64_t height_of(int64_t t) const { return t % rows * tile; }
  Segments segments(int64_t tiles) const {
    return packed ? Segments{1, tiles * step - 2, 0} : Segments{tiles, size.width, step};
  }
};

struct Unit {
  int64_t begin, end;
};

/// Room for `channels` rows of a unit's positions at each frequency. Strides are odd numbers of
/// cache lines: rows that are written together must not fall into the same cache sets.
struct Layout {
  Layout(const Tiling& tiling, int64_t tiles, int64_t channels)
      : row(odd_lines(tiling.front + tiles * tiling.step + slack)),
        frequency(odd_lines(row * channels)),
        total(frequency * frequencies) {}
  static int64_t odd_lines(int64_t floats) { return (round_up(floats, 16) / 16 | 1) * 16; }
  int64_t row, frequency, total;
};

/// Units of about `tiles` tiles each, nearly equal.
std::vector<Unit> divide(int64_t count, int64_t tiles) {
  const int64_t n = (count + tiles - 1) / tiles;
  std::vector<Unit> units;
  for (int64_t i = 0; i < n; ++i) units.push_back({i * count / n, (i + 1) * count / n});
  return units;
}

/// Tiles per unit so that its transformed maps stay in a core's cache, but long enough rows.
int64_t unit_tiles(const Tiling& tiling, int64_t channels, int64_t least_positions,
                   int64_t budget_floats) {
  const int64_t by_cache = budget_floats / (frequencies * channels * tiling.step);
  const int64_t by_length = (least_positions + tiling.step - 1) / tiling.step;
  return std::clamp<int64_t>(std::max(by_cache, by_length), 1, tiling.count);
}

const float* zero_row(int64_t width) {
  static thread_local std::vector<float> zeros;
  if (static_cast<int64_t>(zeros.size()) < width) zeros.assign(static_cast<size_t>(width), 0.0f);
  return zeros.data();
}

/// Transforms the 6x6-row windows of a unit's tiles. The map that comes `next` (or null) is fetched
/// meanwhile: its rows are too short for the processor to foresee.
void transform_input(const Kernels& kernels, const Tiling& g, Unit unit, const float* map,
                     const float* next, const Activation* activation, float* out,
                     const Layout& layout) {
  const Size s = g.size;
  const float* zeros = activation ? nullptr : zero_row(s.width);
  const float* rows[frequencies];
  for (int64_t t = unit.begin; t < unit.end; ++t) {
    for (int64_t i = 0; i < window; ++i)
      for (int64_t j = 0; j < window; ++j) {
        const int64_t z = g.depth_of(t) + i - 1, y = g.height_of(t) + j - 1;
        const bool inside = z >= 0 && z < s.depth && y >= 0 && y < s.height;
        const int64_t place = (z * s.height + y) * s.width;
        rows[window * i + j] = inside ? map + place : zeros;
        // The first two rows of a plane were the last two of the tile before.
        if (inside && next && (j >= window - tile || y < tile || t == unit.begin))
          for (int64_t x = 0; x < s.width; x += Tiling::line) __builtin_prefetch(next + place + x);
      }
    float* start = out + g.front + (t - unit.begin) * g.step;
    kernels.input_tile(rows, s.width, start, layout.frequency, activation);
    for (int64_t f = 0; f < frequencies; ++f)
      start[f * layout.frequency - 1] = start[f * layout.frequency + s.width] = 0.0f;
  }
  const int64_t used = (unit.end - unit.begin) * g.step;
  for (int64_t f = 0; g.packed && f < frequencies; ++f)
    std::fill(out + f * layout.frequency + used, out + f * layout.frequency + layout.row, 0.0f);
}

void transform_inputs(const Kernels& kernels, const Tiling& g, Unit unit,
                      const std::vector<const float*>& maps,
                      const std::vector<Activation>& activations, float* out,
                      const Layout& layout) {
  for (size_t c = 0; c < maps.size(); ++c)
    transform_input(kernels, g, unit, maps[c], c + 1 < maps.size() ? maps[c + 1] : nullptr,
                    activations.empty() ? nullptr : &activations[c],
                    out + static_cast<int64_t>(c) * layout.row, layout);
}

/// Transforms the 4x4 rows of gradients; zero between the rows.
void transform_gradients(const Kernels& kernels, const Tiling& g, Unit unit, const float* map,
                         float* out, const Layout& layout) {
  const Size s = g.size;
  const float* zeros = zero_row(s.width);
  const float* rows[tile * tile];
  for (int64_t t = unit.begin; t < unit.end; ++t) {
    for (int64_t i = 0; i < tile; ++i)
      for (int64_t j = 0; j < tile; ++j) {
        const int64_t z = g.depth_of(t) + i, y = g.height_of(t) + j;
        const bool inside = z < s.depth && y < s.height;
        rows[tile * i + j] = inside ? map + (z * s.height + y) * s.width : zeros;
      }
    float* start = out + (t - unit.begin) * g.step;
    kernels.gradient_tile(rows, s.width, start, layout.frequency);
    for (int64_t f = 0; g.packed && f < frequencies; ++f)
      start[f * layout.frequency + s.width] = start[f * layout.frequency + s.width + 1] = 0.0f;
  }
  const int64_t used = (unit.end - unit.begin) * g.step;
  for (int64_t f = 0; g.packed && f < frequencies; ++f)
    std::fill(out + f * layout.frequency + used, out + f * layout.frequency + layout.row, 0.0f);
}

/// `added` are maps of this output.
void write_outputs(const Kernels& kernels, const Tiling& g, Unit unit, const float* in,
                   int64_t stride, float* map, float bias, const std::vector<Addend>& added) {
  const Size s = g.size;
  float* rows[tile * tile];
  const float* first[tile * tile];  // rows of the first addend, which the tile takes along
  for (int64_t t = unit.begin; t < unit.end; ++t) {
    for (int64_t i = 0; i < tile; ++i)
      for (int64_t j = 0; j < tile; ++j) {
        const int64_t z = g.depth_of(t) + i, y = g.height_of(t) + j;
        const bool inside = z < s.depth && y < s.height;
        rows[tile * i + j] = inside ? map + (z * s.height + y) * s.width : nullptr;
        if (added.empty()) continue;
        first[tile * i + j] = inside ? added[0].maps + (z * s.height + y) * s.width : nullptr;
        // What the next output adds is fetched meanwhile, as in transform_input().
        const float* next = added[0].maps + s.voxels() + (z * s.height + y) * s.width;
        for (int64_t x = 0; inside && x < s.width; x += Tiling::line) __builtin_prefetch(next + x);
      }
    kernels.output_tile(in + (t - unit.begin) * g.step, stride, s.width, rows, bias,
                        added.empty() ? nullptr : first, added.empty() ? 0.0f : added[0].factor);
    for (size_t i = 1; i < added.size(); ++i)
      for (float* row : rows)
        if (row) kernels.add_scaled(added[i].maps + (row - map), added[i].factor, s.width, row);
  }
}

/// Values of one tile of one output: how many, their sum and squares about the first of them.
struct TileSum {
  double count = 0, first = 0, sum = 0, squares = 0;
};

TileSum sum_of_tile(const Kernels& kernels, const Tiling& g, int64_t t, const float* map) {
  const Size s = g.size;
  const int64_t height = g.height_of(t), planes = std::min(tile, s.depth - g.depth_of(t));
  const int64_t n = std::min(tile, s.height - height) * s.width;  // its rows follow each other
  TileSum total;
  for (int64_t i = 0; i < planes; ++i) {
    const float* from = map + ((g.depth_of(t) + i) * s.height + height) * s.width;
    if (i == 0) total.first = static_cast<double>(from[0]);
    double sum = 0, squares = 0;
    kernels.moments(from, n, static_cast<float>(total.first), &sum, &squares);
    total.sum += sum;
    total.squares += squares;
  }
  total.count = static_cast<double>(n * planes);
  return total;
}

/// Chan, Golub & LeVeque 1979: tiles are joined by their own means, so that a large mean cancels
/// nothing. In the tiles' order, which no thread changes.
Spread joined(const std::vector<TileSum>& sums, int64_t output, int64_t outputs) {
  double count = 0, mean = 0, squares = 0;
  for (size_t i = static_cast<size_t>(output); i < sums.size(); i += static_cast<size_t>(outputs)) {
    const TileSum& t = sums[i];
    const double shifted = t.sum / t.count, own = t.squares - t.sum * shifted;
    const double apart = t.first + shifted - mean, together = count + t.count;
    squares += own + apart * apart * count * t.count / together;
    mean += apart * t.count / together;
    count = together;
  }
  return {mean, squares / count};
}

}  // namespace

Floats transform_weights(const Kernels& kernels, const std::vector<WeightView>& inputs,
                         int64_t outputs) {
  const auto channels = static_cast<int64_t>(inputs.size());
  const int64_t blocks = round_up(outputs, channel_block) / channel_block;
  // [frequency][block][input][tap along x][channel of the block]
  Floats u(frequencies * blocks * channels * cell);
  for (int64_t b = 0; b < blocks; ++b)
    for (int64_t c = 0; c < channels; ++c) {
      const WeightView& view = inputs[static_cast<size_t>(c)];
      float gathered[taps * channel_block] = {};
      const int64_t last = std::min(channel_block, outputs - b * channel_block);
      for (int64_t o = 0; o < last; ++o) {
        const float* from = view.taps + (b * channel_block + o) * view.out_stride;
        for (int64_t k = 0; k < taps; ++k)
          gathered[k * channel_block + o] = view.factor * from[view.reversed ? taps - 1 - k : k];
      }
      kernels.weight_tile(gathered, u.data() + (b * channels + c) * cell, blocks * channels * cell);
    }
  return u;
}

void convolve(const Kernels& kernels, const std::vector<const float*>& in, const Floats& weights,
              const float* bias, const std::vector<float*>& out, Size size,
              const std::vector<Addend>& added, Spread* spreads,
              const std::vector<Activation>& activations) {
  const Tiling tiling(size);
  const auto channels = static_cast<int64_t>(in.size()), outputs = static_cast<int64_t>(out.size());
  std::vector<TileSum> sums(static_cast<size_t>(spreads ? tiling.count * outputs : 0));
  const int64_t blocks = round_up(outputs, channel_block) / channel_block;
  const int64_t padded = blocks * channel_block;
  int64_t per_unit = unit_tiles(tiling, channels + padded, tiling.packed ? 128 : 1, 64 * 1024);
  per_unit = std::min(per_unit, std::max<int64_t>(1, tiling.count / at::get_num_threads()));
  const auto units = divide(tiling.count, per_unit);
  at::parallel_for(0, static_cast<int64_t>(units.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
      const Unit unit = units[static_cast<size_t>(n)];
      const int64_t tiles = unit.end - unit.begin;
      const Segments segments = tiling.segments(tiles);
      const Layout lv(tiling, tiles, channels), lm(tiling, tiles, padded);
      float* v = scratch(0, lv.total);
      float* m = scratch(1, lm.total);
      transform_inputs(kernels, tiling, unit, in, activations, v, lv);
      for (int64_t f = 0; f < frequencies; ++f)
        for (int64_t b = 0; b < blocks; ++b)
          kernels.multiply(v + f * lv.frequency + tiling.front - 1, lv.row,
                           weights.data() + (f * blocks + b) * channels * cell, channels,
                           m + f * lm.frequency + b * channel_block * lm.row, lm.row, segments);
      std::vector<Addend> own(added);
      for (int64_t o = 0; o < outputs; ++o) {
        for (size_t i = 0; i < added.size(); ++i) own[i].maps = added[i].maps + o * size.voxels();
        write_outputs(kernels, tiling, unit, m + o * lm.row, lm.frequency,
                      out[static_cast<size_t>(o)], bias ? bias[o] : 0.0f, own);
        for (int64_t t = unit.begin; spreads && t < unit.end; ++t)
          sums[static_cast<size_t>(t * outputs + o)] =
              sum_of_tile(kernels, tiling, t, out[static_cast<size_t>(o)]);
      }
    }
  });
  for (int64_t o = 0; spreads && o < outputs; ++o) spreads[o] = joined(sums, o, outputs);
}

Floats correlate(const Kernels& kernels, const std::vector<const float*>& in,
                 const std::vector<const float*>& gradient, Size size) {
  const Tiling tiling(size);
  const auto channels = static_cast<int64_t>(in.size());
  const auto outputs = static_cast<int64_t>(gradient.size());
  const int64_t blocks = round_up(outputs, channel_block) / channel_block;
  const int64_t padded = blocks * channel_block;
  const auto units = divide(tiling.count, unit_tiles(tiling, channels + padded, 512, 192 * 1024));
  const int64_t result_size = frequencies * blocks * channels * cell;
  // A fixed number of partial sums, added in order: equal for any number of threads.
  const auto groups = divide(static_cast<int64_t>(units.size()),
                             std::max<int64_t>(1, (static_cast<int64_t>(units.size()) + 7) / 8));
  std::vector<Floats> partial(groups.size());
  at::parallel_for(0, static_cast<int64_t>(groups.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t n = first; n < last; ++n) {
      auto& sum = partial[static_cast<size_t>(n)];
      sum = Floats(result_size);
      std::fill_n(sum.data(), result_size, 0.0f);
      const Unit group = groups[static_cast<size_t>(n)];
      for (int64_t i = group.begin; i < group.end; ++i) {
        const Unit unit = units[static_cast<size_t>(i)];
        const int64_t tiles = unit.end - unit.begin;
        const Segments segments = tiling.segments(tiles);
        const Layout lv(tiling, tiles, channels), lm(tiling, tiles, padded);
        float* v = scratch(0, lv.total);
        float* m = scratch(1, lm.total);
        transform_inputs(kernels, tiling, unit, in, {}, v, lv);
        for (int64_t o = 0; o < outputs; ++o)
          transform_gradients(kernels, tiling, unit, gradient[static_cast<size_t>(o)],
                              m + o * lm.row, lm);
        for (int64_t o = outputs; o < padded; ++o)
          for (int64_t f = 0; f < frequencies; ++f)
            std::fill_n(m + f * lm.frequency + o * lm.row, lm.row, 0.0f);
        for (int64_t f = 0; f < frequencies; ++f)
          for (int64_t b = 0; b < blocks; ++b)
            kernels.correlate(v + f * lv.frequency + tiling.front - 1, lv.row,
                              m + f * lm.frequency + b * channel_block * lm.row, lm.row, segments,
                              channels, sum.data() + (f * blocks + b) * channels * cell);
      }
    }
  });
  for (size_t g = 1; g < partial.size(); ++g)
    for (int64_t i = 0; i < result_size; ++i) partial[0].data()[i] += partial[g].data()[i];
  return std::move(partial[0]);
}

void scatter_weights(const Kernels& kernels, const Floats& correlated,
                     const std::vector<WeightPlace>& places, int64_t outputs) {
  const auto channels = static_cast<int64_t>(places.size());
  const int64_t blocks = round_up(outputs, channel_block) / channel_block;
  for (int64_t b = 0; b < blocks; ++b)
    for (int64_t c = 0; c < channels; ++c) {
      float gathered[taps * channel_block];
      kernels.weight_gradient_tile(correlated.data() + (b * channels + c) * cell,
                                   blocks * channels * cell, gathered);
      const WeightPlace& place = places[static_cast<size_t>(c)];
      const int64_t last = std::min(channel_block, outputs - b * channel_block);
      for (int64_t o = 0; o < last; ++o) {
        float* to = place.taps + (b * channel_block + o) * place.out_stride;
        for (int64_t k = 0; k < taps; ++k) to[k] += place.factor * gathered[k * channel_block + o];
      }
    }
}

}  // namespace kdseg::models::cpu

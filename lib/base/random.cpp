#include "base/random.h"

#include <cmath>
#include <numbers>

namespace kdseg {
namespace {

/// SplitMix64's finalizer: spreads the bits of a word. Source: Steele, Lea & Flood 2014.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

uint64_t hash(std::string_view text) {
  uint64_t h = 0xCBF29CE484222325ull;  // FNV-1a
  for (unsigned char c : text) h = (h ^ c) * 0x100000001B3ull;
  return h;
}

double to_unit(uint32_t high, uint32_t low) {
  const uint64_t bits = (static_cast<uint64_t>(high) << 21) ^ (low >> 11);
  return static_cast<double>(bits) * 0x1.0p-53;
}

double box_muller(double u, double v) {
  return std::sqrt(-2.0 * std::log1p(-u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace

std::array<uint32_t, 4> philox4x32_10(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = 0xD2511F53ull * c[0];
    const uint64_t p1 = 0xCD9E8D57ull * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
  return c;
}

Random::Random(uint64_t seed, uint64_t index, std::string_view stream) {
  // The key names the seed, the upper half of the counter the stream: streams of one seed share no
  // block, and the lower half leaves 2^62 blocks to each.
  key_ = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  const uint64_t name = mix(hash(stream) ^ mix(index));
  name_low_ = static_cast<uint32_t>(name);
  name_high_ = static_cast<uint32_t>(name >> 32);
}

std::array<uint32_t, 4> Random::block(uint64_t number, uint32_t lane) const {
  return philox4x32_10({static_cast<uint32_t>(number),
                        static_cast<uint32_t>(number >> 32) ^ (lane << 31), name_low_, name_high_},
                       key_);
}

uint32_t Random::bits() {
  const uint64_t number = position_ / 4;
  if (number != cached_) {
    cache_ = block(number, 0);
    cached_ = number;
  }
  return cache_[position_++ % 4];
}

double Random::uniform() {
  const uint32_t high = bits();
  return to_unit(high, bits());
}

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal() {
  const double u = uniform();
  return box_muller(u, uniform());
}

double Random::normal(double mean, double deviation) { return mean + deviation * normal(); }

uint64_t Random::below(uint64_t n) {
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  for (;;) {
    const uint64_t high = bits();
    const uint64_t x = (high << 32) | bits();
    if (x < limit) return x % n;
  }
}

double Random::normal_at(uint64_t place) const {
  const auto b = block(place, 1);
  return box_muller(to_unit(b[0], b[1]), to_unit(b[2], b[3]));
}

std::vector<int64_t> random_order(int64_t n, Random& random) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  random.shuffle(order);
  return order;
}

}  // namespace kdseg

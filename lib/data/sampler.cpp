#include "data/sampler.h"

#include <algorithm>

#include "base/random.h"

namespace kdseg::data {

std::string purpose_of(const std::string& purpose, const std::string& stream) {
  return stream == sole_stream ? purpose : purpose + "/" + stream;
}

Sampler::Sampler(uint64_t seed, int64_t items, int64_t batch, std::string stream, Passes passes)
    : seed_(seed), items_(items), batch_(batch), stream_(std::move(stream)), passes_(passes) {}

std::vector<int64_t> Sampler::order_of(int64_t pass) const {
  Random random(seed_, static_cast<uint64_t>(pass), purpose_of("order", stream_));
  return random_order(items_, random);
}

Place Sampler::at(int64_t step) const {
  Place place;
  place.step = step;
  if (passes_ == Passes::bounded) {
    place.epoch = step / steps_per_epoch();
    place.batch_number = step % steps_per_epoch();
    const auto order = order_of(place.epoch);
    const int64_t first = place.batch_number * batch_;
    place.items.assign(order.begin() + first, order.begin() + std::min(first + batch_, items_));
    return place;
  }
  // Batches are numbered through: a batch that spans two passes is told apart by its number alone.
  place.batch_number = step;
  std::vector<int64_t> order;
  int64_t pass = -1;
  for (int64_t position = step * batch_; position < (step + 1) * batch_; ++position) {
    if (position / items_ != pass) order = order_of(pass = position / items_);
    place.items.push_back(order[static_cast<size_t>(position % items_)]);
  }
  return place;
}

}  // namespace kdseg::data

#include "data/sampler.h"

#include <algorithm>

#include "base/random.h"

namespace kdseg::data {

Sampler::Sampler(uint64_t seed, int64_t cases, int64_t batch)
    : seed_(seed), cases_(cases), batch_(batch) {}

Place Sampler::at(int64_t step) const {
  Place place;
  place.step = step;
  place.epoch = step / steps_per_epoch();
  place.batch_number = step % steps_per_epoch();
  Random random(seed_, static_cast<uint64_t>(place.epoch), "order");
  const auto order = random_order(cases_, random);
  const int64_t first = place.batch_number * batch_;
  place.cases.assign(order.begin() + first, order.begin() + std::min(first + batch_, cases_));
  return place;
}

}  // namespace kdseg::data

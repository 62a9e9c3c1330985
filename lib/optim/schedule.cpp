#include "optim/schedule.h"

#include <algorithm>
#include <cmath>

namespace kdseg::optim {

double Schedule::at(int64_t step, int64_t steps) const {
  const double total = static_cast<double>(std::max<int64_t>(steps, 1));
  const double now = static_cast<double>(step);
  const double warmup = warmup_fraction * total, decay = decay_from_fraction * total;
  double scale = 1.0;
  if (now < warmup) scale = (now + 1.0) / (warmup + 1.0);  // the first step already moves
  if (now >= decay && decay < total) {
    const double left = std::max(0.0, (total - now) / (total - decay));
    scale *= decay_power == 1 ? left : std::pow(left, decay_power);
  }
  if (step_decay_every > 0)
    scale *= std::pow(step_decay_factor, static_cast<double>(step / step_decay_every));
  if (stages > 0)
    scale *= std::pow(step_decay_factor,
                      static_cast<double>(step * stages / std::max<int64_t>(steps, 1)));
  return base * scale;
}

bool Plateau::update(double metric) {
  if (!options_.on) return false;
  const bool better = options_.falling ? metric < best_ * (1.0 - options_.threshold)
                                       : metric > best_ * (1.0 + options_.threshold);
  if (better || !started_) {
    best_ = metric;
    started_ = true;
    bad_epochs_ = 0;
    return false;
  }
  if (++bad_epochs_ <= options_.patience) return false;
  bad_epochs_ = 0;
  const double before = scale_;
  scale_ = std::min(scale_, std::max(scale_ * options_.factor, options_.least));
  return scale_ < before;
}

void Plateau::save(io::Tree& tree, const std::string& prefix) const {
  auto& attributes = tree.attributes[prefix];
  attributes["best"] = best_;
  attributes["scale"] = scale_;
  attributes["bad-epochs"] = bad_epochs_;
  attributes["started"] = static_cast<int64_t>(started_);
}

void Plateau::load(const io::Tree& tree, const std::string& prefix) {
  best_ = tree.number(prefix, "best");
  scale_ = tree.number(prefix, "scale");
  bad_epochs_ = tree.integer(prefix, "bad-epochs");
  started_ = tree.integer(prefix, "started") != 0;
}

}  // namespace kdseg::optim

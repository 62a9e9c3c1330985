#include "train/prolong.h"

#include <fmt/format.h>

#include "base/text.h"

namespace kdseg::train {
namespace {

bool same_course(const optim::Schedule& schedule, int64_t steps, int64_t more) {
  for (int64_t step = 0; step < steps; ++step)
    if (schedule.at(step, steps) != schedule.at(step, more)) return false;
  return true;
}

}  // namespace

std::string fault_of_prolonging(const Prolonging& lengths, const methods::Setup& setup,
                                const NamedValues& settings) {
  if (lengths.epochs <= lengths.former)
    return fmt::format("it has {} epochs already, --epochs is {}", lengths.former, lengths.epochs);
  const int64_t steps = lengths.former * lengths.iterations_per_epoch;
  const int64_t more = lengths.epochs * lengths.iterations_per_epoch;
  const std::string of_all = " counts in fractions of the whole training";
  for (const auto& trained : setup.networks) {
    if (!same_course(trained.regimen.schedule, steps, more))
      return "the learning rate (warmup, decay-from)" + of_all;
    if (steps % trained.regimen.accumulate != 0)
      return fmt::format("its last update had fewer iterations than --accumulate {}",
                         trained.regimen.accumulate);
  }
  if (setup.adversary && !same_course(setup.schedule, steps, more))
    return "the discriminator's learning rate (warmup, decay-from)" + of_all;
  for (const auto& [name, value] : settings)
    if (name.ends_with("] decay-to-one-at") && parse_number(value).value_or(0) != 0)
      return name + of_all;
  if (lengths.former % lengths.validate_every != 0)
    return fmt::format("its last epoch was validated out of turn (--validate-every {})",
                       lengths.validate_every);
  return {};
}

}  // namespace kdseg::train

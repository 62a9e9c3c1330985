// Cases for tests: made once per settings, on all threads at hand.
#pragma once
#include <vector>

#include "base/parallel.h"
#include "phantom/brain/brain_case.h"
#include "phantom/brain/gates.h"

namespace kdseg::phantom {

inline const Grid& coarse_grid() {
  static const Grid grid = grid_of({48, 56, 40}, 4);
  return grid;
}

inline std::vector<BrainCase> make_cases(const BrainKnobs& knobs, int n, uint64_t seed = 1,
                                         int threads = 2) {
  static const auto head = analytic_head();
  std::vector<BrainCase> cases(static_cast<size_t>(n));
  parallel_for(n, threads, [&](int64_t i) {
    cases[static_cast<size_t>(i)] = make_brain_case(*head, coarse_grid(), knobs, seed, i);
  });
  return cases;
}

inline std::vector<CaseStatistics> statistics_of_all(const std::vector<BrainCase>& cases) {
  std::vector<CaseStatistics> all;
  for (const auto& c : cases)
    all.push_back(statistics_of(c.scans, c.label, coarse_grid(), c.plan.high_grade));
  return all;
}

inline std::vector<CaseStatistics> make_statistics(const BrainKnobs& knobs, int n,
                                                   uint64_t seed = 1) {
  return statistics_of_all(make_cases(knobs, n, seed));
}

}  // namespace kdseg::phantom

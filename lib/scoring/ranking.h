// Runs in the order of their scores.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "scoring/comparison.h"

namespace kdseg::scoring {

/// cases: every case, region and metric ranks the runs, and the ranks are averaged (the BraTS
/// challenges of 2017 to 2020). means: every region and metric ranks the runs by their means.
enum class RankBy { cases, means };

/// "case", "mean". \throws UsageError  another word
RankBy rank_by(const std::string& name);

struct RankedRun {
  std::string name;
  double mean_rank = 0;
  int64_t rank = 0;  ///< of the mean ranks; equal ones share the lowest
};

/// Ranks `own` ("this run") and the others over the cases that all have, ties sharing the lowest
/// rank; undefined values are last. Only metrics that have a better and a worse count: of distances
/// and filtered parts lower is better, of the others higher; volumes and unknown metrics are left
/// out.
/// \return  in the order given, own first
/// \throws DataError  a run lacks a metric or region; no metric or no case is left
std::vector<RankedRun> rank_runs(const ScoreTable& own, std::span<const Run> others,
                                 const std::vector<std::string>& metrics, RankBy by);

}  // namespace kdseg::scoring

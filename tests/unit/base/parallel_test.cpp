// Work on several threads, and stopping it in good order.
#include "base/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/interrupt.h"

namespace kdseg {
namespace {

TEST(ParallelFor, DoesEveryItemOnce) {
  for (int threads : {0, 1, 3, 8}) {
    std::vector<int> done(101, 0);
    parallel_for(101, threads, [&](int64_t i) { ++done[static_cast<size_t>(i)]; });
    EXPECT_EQ(std::accumulate(done.begin(), done.end(), 0), 101);
    EXPECT_EQ(*std::max_element(done.begin(), done.end()), 1);
  }
  parallel_for(0, 4, [](int64_t) { FAIL(); });
}

TEST(ParallelFor, RethrowsTheFailureWithItsTypeAndStops) {
  for (int threads : {1, 4}) {
    std::atomic<int> after{0};
    const auto work = [&](int64_t i) {
      if (i == 2) throw DataError("case {}: truncated", i);
      if (i > 100000) ++after;
    };
    try {
      parallel_for(1000000000, threads, work);
      FAIL() << "no error";
    } catch (const DataError& e) {
      EXPECT_STREQ(e.what(), "case 2: truncated");
    }
  }
}

TEST(ParallelFor, ThrowsOneOfSeveralFailures) {
  EXPECT_THROW(parallel_for(64, 4, [](int64_t) { throw RunError("each"); }), RunError);
}

int stop_code(int signal) {
  install_stop_signals();
  if (stop_requested()) return 1;
  std::raise(signal);
  if (!stop_requested()) return 2;
  try {
    throw_if_stopped();
  } catch (const Stopped&) {
    return 0;
  }
  return 3;
}

TEST(StopSignals, SetTheFlag) {
  for (int signal : {SIGTERM, SIGINT, SIGUSR1})
    EXPECT_EXIT(std::_Exit(stop_code(signal)), testing::ExitedWithCode(0), "");
}

TEST(StopSignals, ASecondOneEndsAtOnceWithTheCodeForContinuing) {
  EXPECT_EXIT(
      {
        install_stop_signals();
        std::raise(SIGTERM);
        std::raise(SIGTERM);
        std::_Exit(0);
      },
      testing::ExitedWithCode(75), "");
}

TEST(Deadline, PassesAndCanBeTakenBack) {
  EXPECT_FALSE(stop_requested());
  set_deadline(1e-9);
  EXPECT_TRUE(stop_requested());
  set_deadline(0);
  EXPECT_FALSE(stop_requested());
  set_deadline(3600);
  EXPECT_FALSE(stop_requested());
  set_deadline(0);
}

}  // namespace
}  // namespace kdseg

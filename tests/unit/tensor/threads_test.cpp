#include "tensor/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace kdseg::tensor {
namespace {

TEST(Threads, FewForLittleWork) {
  EXPECT_EQ(worthwhile_threads(0, 8), 1);
  EXPECT_EQ(worthwhile_threads(0.4e9, 8), 1);  // HAD-Net's teacher on 32 cubed at width 4
  EXPECT_EQ(worthwhile_threads(1.4e9, 8), 2);  // at width 8
  EXPECT_EQ(worthwhile_threads(20.9e9, 8), 8);
  EXPECT_EQ(worthwhile_threads(1e13, 8), 8);
}

TEST(Threads, NeverMoreThanGiven) {
  EXPECT_EQ(worthwhile_threads(1e13, 1), 1);
  use_threads_for(1e13, 2);
  EXPECT_EQ(at::get_num_threads(), 2);
  use_threads_for(1e6, 2);
  EXPECT_EQ(at::get_num_threads(), 1);
  use_threads_for(1e13, 2);
  EXPECT_EQ(at::get_num_threads(), 2);
}

}  // namespace
}  // namespace kdseg::tensor

// What of the machine a process may use.
#include "base/limits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "unit/folder.h"

namespace kdseg {
namespace {

/// A control-group tree as the kernel shows it.
class Groups : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) { root_.write(file, text + "\n"); }
  CgroupLimits limits(const std::string& membership) {
    write("membership", membership);
    return cgroup_limits(root_ / "membership", root_ / "cgroup");
  }
  test::Folder root_;
};

TEST_F(Groups, TheTightestOfAJobsStepsCounts) {
  const std::string job = "cgroup/system.slice/slurmstepd.scope/job_7/";
  write(job + "memory.max", "4294967296");
  write(job + "cpu.max", "max 100000");
  write(job + "step_0/user/task_0/memory.max", "max");
  write(job + "step_0/user/task_0/cpu.max", "150000 100000");
  const auto found = limits("0::/system.slice/slurmstepd.scope/job_7/step_0/user/task_0");
  EXPECT_EQ(found.memory_bytes, int64_t{4} << 30);
  EXPECT_DOUBLE_EQ(found.cpus, 1.5);
}

TEST_F(Groups, AContainerShowsItsOwnGroupAtTheMount) {
  write("cgroup/memory.max", "1073741824");
  write("cgroup/cpu.max", "200000 100000");
  for (const char* membership : {"0::/", "0::/../outside"}) {
    const auto found = limits(membership);
    EXPECT_EQ(found.memory_bytes, int64_t{1} << 30) << membership;
    EXPECT_DOUBLE_EQ(found.cpus, 2) << membership;
  }
}

TEST_F(Groups, VersionOneHasATreePerController) {
  write("cgroup/memory/slurm/job_7/memory.limit_in_bytes", "2147483648");
  write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("cgroup/cpu/slurm/job_7/cpu.cfs_quota_us", "400000");
  write("cgroup/cpu/slurm/job_7/cpu.cfs_period_us", "100000");
  const auto found = limits("4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm/job_7\n1:name=systemd:/");
  EXPECT_EQ(found.memory_bytes, int64_t{2} << 30);
  EXPECT_DOUBLE_EQ(found.cpus, 4);
}

TEST_F(Groups, WhatCannotBeReadIsNoLimit) {
  EXPECT_EQ(limits("0::/nowhere").memory_bytes, 0);
  write("cgroup/memory.max", "rubbish");
  write("cgroup/cpu.max", "-1 100000");
  const auto found = limits("0::/\nnonsense");
  EXPECT_EQ(found.memory_bytes, 0);
  EXPECT_EQ(found.cpus, 0);
}

TEST(Limits, ThreadsAreTheLeastOfWishMachineAndSlurm) {
  unsetenv("SLURM_CPUS_PER_TASK");
  const int machine = usable_threads();
  EXPECT_GE(machine, 1);
  EXPECT_EQ(usable_threads(1), 1);
  EXPECT_LE(usable_threads(1000), machine);
  for (const char* text : {"1000", "0", "many"}) {
    setenv("SLURM_CPUS_PER_TASK", text, 1);
    EXPECT_EQ(usable_threads(), machine) << text;
  }
  setenv("SLURM_CPUS_PER_TASK", "1", 1);
  EXPECT_EQ(usable_threads(), 1);
  unsetenv("SLURM_CPUS_PER_TASK");
}

TEST(Limits, MemoryIsSomeOfTheMachines) { EXPECT_GT(usable_memory_bytes(), int64_t{64} << 20); }

}  // namespace
}  // namespace kdseg

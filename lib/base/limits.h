// What of the machine this process may use.
#pragma once
#include <cstdint>
#include <string>

namespace kdseg {

/// The tightest limits of a process's control groups; 0: none.
struct CgroupLimits {
  double cpus = 0;
  int64_t memory_bytes = 0;
};

/// Limits of the groups that `membership` (the format of /proc/PID/cgroup) names below `mount`, of
/// their parents and of `mount` itself: a batch system limits a job, and the process is in one of
/// the job's steps. Versions 1 and 2. What cannot be read is no limit.
/// Source: Linux, admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
CgroupLimits cgroup_limits(const std::string& membership = "/proc/self/cgroup",
                           const std::string& mount = "/sys/fs/cgroup");

/// Threads this process should use: the least of `asked` (0: no wish), the affinity mask, the
/// control groups' quota and, inside a Slurm job that says so, SLURM_CPUS_PER_TASK; at least 1.
int usable_threads(int asked = 0);

/// Memory that this process may use: the least of the machine's and the control groups', bytes.
int64_t usable_memory_bytes();

}  // namespace kdseg

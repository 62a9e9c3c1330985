#include "base/limits.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/text.h"

namespace kdseg {
namespace {
namespace fs = std::filesystem;

/// The first words of a file; fewer when there are fewer, none when it cannot be read.
std::vector<std::string> words_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> words;
  for (std::string word; words.size() < 2 && stream >> word;) words.push_back(word);
  return words;
}

/// A positive number; anything else ("max", -1, rubbish) is no limit: 0.
double limit_of(const std::vector<std::string>& words, size_t i = 0) {
  const auto number = i < words.size() ? parse_number(words[i]) : std::nullopt;
  return number && *number > 0 ? *number : 0;
}

template <class T>
void tighten(T& limit, T other) {
  if (other > 0 && (limit == 0 || other < limit)) limit = other;
}

void read_group(const fs::path& folder, CgroupLimits& limits) {
  // Version 1 writes a number near 2^63 for no limit: above any machine's memory, so harmless.
  for (const char* file : {"memory.max", "memory.limit_in_bytes"})
    tighten(limits.memory_bytes,
            static_cast<int64_t>(std::min(limit_of(words_of(folder / file)), 0x1p62)));
  const auto both = words_of(folder / "cpu.max");
  if (const double period = limit_of(both, 1); period > 0)
    tighten(limits.cpus, limit_of(both) / period);
  if (const double period = limit_of(words_of(folder / "cpu.cfs_period_us")); period > 0)
    tighten(limits.cpus, limit_of(words_of(folder / "cpu.cfs_quota_us")) / period);
}

}  // namespace

CgroupLimits cgroup_limits(const std::string& membership, const std::string& mount) {
  CgroupLimits limits;
  std::ifstream stream(membership);
  for (std::string line; std::getline(stream, line);) {  // number:controllers:path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    std::vector<fs::path> tops;
    if (controllers == ",,") tops.emplace_back(mount);
    for (const char* name : {"memory", "cpu"})
      if (controllers.find(std::string(",") + name + ",") != std::string::npos)
        tops.push_back(fs::path(mount) / name);
    for (const fs::path& top : tops) {
      fs::path folder = top;
      read_group(folder, limits);
      for (const fs::path& part : fs::path(line.substr(second + 1)).relative_path()) {
        if (part == "..") break;  // a group outside what this process sees
        read_group(folder /= part, limits);
      }
    }
  }
  return limits;
}

int usable_threads(int asked) {
  int threads = std::max(1u, std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) threads = std::min(threads, CPU_COUNT(&mask));
  if (const double cpus = cgroup_limits().cpus; cpus > 0)
    threads = std::min(threads, static_cast<int>(std::ceil(cpus)));
  if (const char* text = std::getenv("SLURM_CPUS_PER_TASK"))
    if (const auto granted = parse_integer(text); granted && *granted > 0)
      threads = static_cast<int>(std::min<int64_t>(threads, *granted));
  if (asked > 0) threads = std::min(threads, asked);
  return std::max(1, threads);
}

int64_t usable_memory_bytes() {
  auto bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  tighten(bytes, cgroup_limits().memory_bytes);
  return bytes;
}

}  // namespace kdseg

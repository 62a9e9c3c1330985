#include "scoring/verify.h"

#include <atomic>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "io/verify.h"

namespace kdseg::scoring {

void verify_files(std::span<const Pair> pairs, int threads) {
  std::atomic<int64_t> verified{0}, passed_over{0};
  parallel_for(static_cast<int64_t>(pairs.size()), threads, [&](int64_t i) {
    const Pair& pair = pairs[static_cast<size_t>(i)];
    std::vector<std::string> files{pair.prediction, pair.reference, pair.brain, pair.uncertainty};
    for (const auto& [region, file] : pair.uncertainty_of) files.push_back(file);
    for (const auto& file : files) {
      throw_if_stopped();
      if (file.empty()) continue;
      try {
        const bool ours = !io::schema_of(file).empty();
        ++(ours && io::verify_content(file) ? verified : passed_over);
      } catch (const DataError& error) {
        throw DataError("case {}: {}", pair.id, error.what());
      }
    }
  });
  log::info("{} files hold what was written into them{}", verified.load(),
            passed_over > 0
                ? fmt::format("; {} have no SHA-256 to compare with", passed_over.load())
                : "");
}

}  // namespace kdseg::scoring

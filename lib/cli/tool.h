// From main() to a program's run(): options, logging, signals, exit codes.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/claims.h"
#include "base/progress.h"
#include "base/run_context.h"
#include "cli/options.h"

namespace kdseg::cli {

struct Manual {
  std::string name, summary, description;
  std::vector<std::string> examples;   ///< whole command lines
  std::vector<std::string> citations;  ///< empty where the program follows no paper
  std::string memory{};                ///< what it needs, and what to lower where that is short
  /// What exit code 75 means.
  std::string stopped = "stopped early with the state saved; the same command continues";
};

/// What run() gets besides its settings.
class Context {
 public:
  int threads() const { return threads_; }  ///< usable threads, --threads applied
  bool force() const { return force_; }     ///< --force: existing outputs may be replaced
  bool quiet() const { return quiet_; }
  /// To be completed by the program (device, inputs, seed).
  Provenance provenance() const { return provenance_; }
  /// For the library's call: all of the above, and the settings as they were resolved.
  RunContext run() const { return {threads_, provenance_, settings_, claims_}; }

  /// Claims all output files of this call; see Claims. Call once, before any work. Writing then
  /// replaces what is there.
  void claim_outputs(const std::vector<std::string>& paths, bool replace = false) const;
  /// For programs that claim a folder. Kept until standard output has been written, too.
  const std::shared_ptr<Claims>& claims() const { return claims_; }

  int threads_ = 1;
  bool force_ = false, quiet_ = false;
  Provenance provenance_;
  NamedValues settings_;
  std::shared_ptr<Claims> claims_;
};

namespace detail {
/// `done`, where given, ends the process right behind the last mark of a call that succeeded.
int run_tool(int argc, char** argv, const Manual& manual,
             const std::function<void(Options&)>& declare, const std::function<void(Context&)>& run,
             const std::function<void()>& done = {});

/// Ends the process at once, without what libraries clean up at exit: with LibTorch that takes a
/// tenth of a second, in which a kill would leave a complete result and the exit code of a failure.
[[noreturn]] void leave(int code);
}  // namespace detail

/// Parses defaults < --config files < flags into Settings, then calls run. Maps exceptions to exit
/// codes: UsageError 2, DataError 3, Stopped 75, anything else 1; success 0. Does not return.
/// `declare(Options&, Settings&)`, `run(const Settings&, Context&)`.
template <class Settings>
int run_tool(int argc, char** argv, const Manual& manual, void (*declare)(Options&, Settings&),
             void (*run)(const Settings&, Context&)) {
  Settings settings;
  detail::leave(detail::run_tool(
      argc, argv, manual, [&](Options& add) { declare(add, settings); },
      [&](Context& context) { run(settings, context); }, [] { detail::leave(0); }));
}

}  // namespace kdseg::cli

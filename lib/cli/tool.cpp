#include "cli/tool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <new>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/record.h"
#include "cli/settings_files.h"
#include "cli/version.h"

namespace kdseg::cli {
namespace {

namespace fs = std::filesystem;

/// The options every program has.
struct General {
  std::vector<std::string> config;
  bool help = false, version = false, print_config = false, list_options = false;
  bool force = false, quiet = false, verbose = false, record_paths = false;
  int64_t threads = 0;
  std::string log_file;
};

void declare_general(Options& add, General& g) {
  add.group("Every program");
  add.inputs("config", g.config, "settings file (INI); later files win, flags win over files");
  add.toggle("force", g.force, "replace existing outputs");
  add.toggle("help", g.help, "print this page and stop");
  add.toggle("version", g.version, "print the version and stop");
  add.toggle("print-config", g.print_config,
             "print the resolved settings, which replay the run, and stop");
  add.toggle("list-options", g.list_options, "print one line per option, for scripts, and stop");
  for (const char* name : {"config", "force", "help", "version", "print-config", "list-options"})
    add.impl().find(name)->scope = Scope::flag_only;
  add.integer("threads", g.threads, "threads to use; 0: all that this process may use",
              {.low = 0, .high = 4096});
  add.toggle("quiet", g.quiet, "only warnings and errors");
  add.toggle("verbose", g.verbose, "also details");
  add.output("log-file", g.log_file, "also append messages to this file, with times");
  add.toggle("record-paths", g.record_paths,
             "store full paths in the results' provenance instead of base names");
}

bool among(const std::vector<std::string>& arguments, const std::string& flag) {
  return std::find(arguments.begin(), arguments.end(), flag) != arguments.end();
}

/// Files first, flags over them. Everything is checked, also what a later source replaces.
void read_options(const std::vector<std::string>& flags, const std::string& program,
                  Options& options) {
  Binding binding(options.impl());
  const auto given = binding.split(flags);
  for (const auto& one : given)
    if (one.name == "config")
      for (const auto& file : one.values) {
        if (file.starts_with("--")) throw UsageError("--config needs a value, found '{}'", file);
        apply_settings(read_ini(file), program, options.impl(), binding);
      }
  binding.store(given, "");
  check_rows(options.impl());
}

void check_required(const Options::Impl& declared) {
  std::vector<std::string> missing;
  for (const auto& o : declared.options)
    if (o.required && (!o.given || o.values().empty())) missing.push_back("--" + o.name);
  if (!missing.empty())
    throw UsageError("{} {} required; see --help", join(missing),
                     missing.size() == 1 ? "is" : "are");
}

/// No call reads what it writes, or writes two things to one place.
void check_places(const Options::Impl& declared) {
  std::vector<std::string> inputs, written;
  std::vector<std::pair<std::string, std::string>> outputs;
  for (const auto& option : declared.options)
    for (const auto& path : option.is_path() ? option.values() : std::vector<std::string>{})
      if (option.kind != Kind::output) {
        inputs.push_back(path);
      } else {
        written.push_back(path);
        outputs.emplace_back(option.name, path);
      }
  refuse_equal_outputs(outputs);
  refuse_inputs_as_outputs(inputs, written);
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

Context make_context(const General& general, const std::string& program,
                     const std::vector<std::string>& arguments, const Options& options) {
  Context context;
  context.threads_ = static_cast<int>(general.threads);
  context.force_ = general.force;
  context.quiet_ = general.quiet;
  const Paths paths = general.record_paths ? Paths::as_given : Paths::base_names;
  Provenance& p = context.provenance_;
  p.program = program;
  p.version = program_version;
  p.commit = program_commit;
  p.command_line = command_line(arguments, options.impl(), paths);
  p.settings_ini = resolved_ini(options.impl(), paths);
  context.settings_ = resolved_values(options.impl());
  p.record_paths = general.record_paths;
  p.started = utc_now();
  context.claims_ = std::make_shared<Claims>(request_text(program, options.impl()), general.force);
  return context;
}

/// Results on stdout that did not arrive (a full disk) must not count as success.
void check_stdout() {
  std::cout.flush();
  bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout;
  // Some file systems report a full disk only on closing; a copy is closed so that stdout stays.
  const int copy = dup(STDOUT_FILENO);
  if (copy >= 0 && close(copy) != 0) failed = true;
  if (failed) throw RunError("writing to standard output failed: {}", std::strerror(errno));
}

/// Messages of other libraries may run over lines; the first one is the message.
std::string first_line(const std::string& text) {
  return trim(std::string_view(text).substr(0, text.find('\n')));
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  return text;
}

/// What to lower when memory runs out: the first of these that the program has.
std::string memory_hint(const Options& options) {
  for (const char* name : {"patch", "batch", "window", "workers", "threads"})
    if (options.impl().find(name))
      return fmt::format("; lower --{}, or use a machine with more memory", name);
  return "; use a machine with more memory";
}

bool is_out_of_memory(const std::string& text) {
  return text.find("out of memory") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos;
}

int failed(int code, const std::string& text) {
  log::write(log::Level::error, one_line(text));
  return code;
}

/// Runs `work` and turns what it throws into an exit code.
int guarded(const std::function<void()>& work, const Options& options) {
  try {
    work();
    return 0;
  } catch (const UsageError& e) {
    return failed(2, e.what());
  } catch (const DataError& e) {
    return failed(3, e.what());
  } catch (const Stopped& e) {
    log::write(log::Level::warning, one_line(e.what()));
    return 75;
  } catch (const std::bad_alloc&) {
    return failed(1, "out of memory" + memory_hint(options));
  } catch (const RunError& e) {
    return failed(1, e.what());
  } catch (const fs::filesystem_error& e) {
    return failed(1, e.path1().string() + ": " + e.code().message());
  } catch (const std::exception& e) {
    const std::string text = first_line(e.what());
    return failed(1, is_out_of_memory(text) ? text + memory_hint(options) : text);
  } catch (...) {
    return failed(1, "an error of unknown kind");
  }
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

void Context::claim_outputs(const std::vector<std::string>& paths, bool replace) const {
  claims_->files(paths, replace);
}

namespace detail {

int run_tool(int argc, char** argv, const Manual& manual,
             const std::function<void(Options&)>& declare, const std::function<void(Context&)>& run,
             const std::function<void()>& done) {
  const std::vector<std::string> arguments(argv, argv + argc);
  const std::vector<std::string> flags(argv + std::min(argc, 1), argv + argc);
  Options options;
  General general;
  return guarded(
      [&] {
        install_stop_signals();
        log::configure({manual.name, log::Level::info, {}});
        declare(options);
        declare_general(options, general);
        // These three answer also beside wrong flags: that is when they are needed.
        if (among(flags, "--help")) {
          print(help_page(manual, options.impl()));
          return check_stdout();
        }
        if (among(flags, "--version")) {
          print(fmt::format("{} (kdseg) {}, commit {}\n", manual.name, program_version,
                            program_commit));
          return check_stdout();
        }
        if (among(flags, "--list-options")) {
          print(option_list(options.impl()));
          return check_stdout();
        }
        read_options(flags, manual.name, options);
        if (general.quiet && general.verbose)
          throw UsageError("--quiet and --verbose exclude each other");
        general.threads = usable_threads(static_cast<int>(general.threads));
        if (general.print_config) {
          print(resolved_ini(options.impl(), Paths::absolute));
          return check_stdout();
        }
        check_required(options.impl());
        check_places(options.impl());
        log::configure({manual.name,
                        general.quiet     ? log::Level::warning
                        : general.verbose ? log::Level::debug
                                          : log::Level::info,
                        general.log_file});
        Progress::set_quiet(general.quiet);
        Context context = make_context(general, manual.name, arguments, options);
        run(context);
        check_stdout();
        std::fflush(nullptr);
        context.claims_->finish();
        if (done) done();
      },
      options);
}

void leave(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace detail
}  // namespace kdseg::cli

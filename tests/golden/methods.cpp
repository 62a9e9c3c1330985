#include "methods.h"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <stdexcept>

#include "cli/tool.h"
#include "learning_options.h"

namespace kdseg::golden {

std::string experiments_folder() {
  const char* other = std::getenv("KDSEG_EXPERIMENTS");
  return other ? other : KDSEG_SOURCE_DIR "/config/experiments";
}

std::map<std::string, Method> read_methods(const std::string& experiments,
                                           const std::vector<std::string>& papers) {
  std::map<std::string, Method> methods;
  for (const auto& paper : papers) {
    const YAML::Node file = YAML::LoadFile(experiments + "/" + paper + "/experiment.yaml");
    for (const auto& row : file["methods"]) {
      const auto name = row.first.as<std::string>();
      if (!row.second["settings"]) continue;  // a mean of others, or the best of others
      methods[paper + "/" + name] = {paper, name, row.second["program"].as<std::string>(),
                                     row.second["teacher"].as<std::string>(""),
                                     row.second["settings"].as<std::vector<std::string>>()};
    }
  }
  return methods;
}

Told read_settings(const std::string& experiments, const Method& method,
                   const std::vector<std::string>& flags) {
  std::vector<std::string> words{method.program};
  for (const auto& file : method.settings) {
    words.emplace_back("--config");
    words.push_back(experiments + "/" + method.paper + "/" + file);
  }
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());

  Told told;
  const bool distills = method.program == "distill", aligns = method.program == "cyclegan-align";
  if (distills) told.procedure.name = "teacher-student";
  if (aligns) prepare_alignment(told.learning, told.procedure);
  const cli::Manual manual{method.program, "", "", {}, {}};
  const int code = cli::detail::run_tool(
      static_cast<int>(argv.size()), argv.data(), manual,
      [&](cli::Options& add) {
        if (aligns) {
          declare_alignment(add, told.learning);
          cli::declare_tensor(add, told.learning.tensor);
          return;
        }
        declare_learning(add, told.learning);
        if (!distills) return declare_synthesis(add, told.learning);
        declare_distillation(add, told.procedure);
        declare_lessons(add, told.learning);
        declare_translation(add, told.learning);
      },
      [](cli::Context&) {});
  if (code != 0)
    throw std::runtime_error(method.program + " refuses the settings of " + method.paper + "/" +
                             method.name);
  return told;
}

}  // namespace kdseg::golden

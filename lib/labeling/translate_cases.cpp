#include "labeling/translate_cases.h"

#include <cstdio>
#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "io/checkpoint_file.h"
#include "labeling/case_run.h"
#include "labeling/label_cases.h"

namespace kdseg::labeling {
namespace {

constexpr const char *between = "-to-", *translated_column = "translated";

/// "t-to-a" of "a-to-t"; stream names may hold "-to-" themselves, so that the file decides.
std::string way_back(const io::Checkpoint& translator, const std::string& direction) {
  for (auto at = direction.find(between); at != std::string::npos;
       at = direction.find(between, at + 1)) {
    const std::string back =
        direction.substr(at + std::string(between).size()) + between + direction.substr(0, at);
    if (translator.networks.contains(back)) return back;
  }
  return {};
}

/// How the volumes are that a direction makes: the contract of the way back.
Contract made_contract(const LabelSettings& s) {
  const std::string& file = s.models.front();
  const io::Checkpoint translator = io::read_checkpoint(file);
  const std::string direction = io::candidate_of(translator, s.network, file).members.front();
  const std::string back = way_back(translator, direction);
  if (translator.contract_of(direction).head.kind != Head::Kind::image || back.empty())
    throw DataError(
        "{}: {} is no direction of a translator; expected a checkpoint that "
        "cyclegan-align or distill --procedure unpaired wrote",
        file, direction);
  return translator.contract_of(back);
}

Volume translated(const infer::Member& member, const Volume& volume, const Contract& made,
                  const infer::PredictOptions& options) {
  const Contract& own = member.contract();
  Volume whole = member.recipe()->apply(volume, own.channels);
  infer::PredictOptions passes = options;
  passes.minimum_outside = member.minimum_outside();
  const at::Tensor image = infer::as_tensor(whole.data.image).to(options.device);
  const at::Tensor maps =
      infer::probabilities(member.network(), own.head, own.tiling, image, passes)
          .to(at::kCPU)
          .contiguous();
  const auto* values = maps.const_data_ptr<float>();
  whole.data.image.channels = own.head.names;
  whole.data.image.voxels.assign(values, values + maps.numel());
  whole.recipe_id = made.recipe_id;
  whole.recipe_ini = made.recipe_ini;
  return whole;
}

cohort::Sheet sheet_of(const CaseRun& cases, const Outputs& outputs, const std::string& direction) {
  cohort::Sheet sheet = cases.sheet();
  sheet.extra_columns.emplace_back(translated_column);
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    auto& row = sheet.rows[i];
    row.path = outputs.file(i);
    row.file = std::filesystem::path(outputs.file(i)).filename().string();
    row.extra[translated_column] = direction;
  }
  return sheet;
}

}  // namespace

void refuse_without_translator(const LabelSettings& s) {
  const char* alone = !s.network.empty()      ? "direction"
                      : !s.input.empty()      ? "input"
                      : !s.output_dir.empty() ? "output-dir"
                      : s.nifti               ? "nifti"
                                              : nullptr;
  if (alone) throw UsageError("--{} goes with --apply TRANSLATOR, which is not given", alone);
}

void translate_cases(const LabelSettings& settings, const RunContext& run) {
  if (settings.tensor.describe) {
    std::fputs(describe(settings, run.threads).c_str(), stdout);
    return;
  }
  check_options(settings, false);
  const Contract made = made_contract(settings);
  const auto translate = [&](const std::vector<infer::Member>& members, const Volume& volume,
                             const infer::PredictOptions& options) -> Made {
    return translated(members.front(), volume, made, options);
  };
  const CaseRun cases(settings, run, {"cyclegan-align", "", {}, {}, translate});
  const std::string& direction = cases.networks().names.front();
  for (const auto& name : cases.sheet().extra_columns)
    if (name == translated_column)
      throw DataError("the cases are translated already (column {})", translated_column);
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(settings.nifti ? outputs.finish()
                              : outputs.finish(sheet_of(cases, outputs, direction)));
}

}  // namespace kdseg::labeling

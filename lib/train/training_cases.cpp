#include "train/training_cases.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/read_file.h"
#include "base/sha256.h"
#include "base/stop_signal.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "cohort/pool.h"
#include "io/volume_file.h"

namespace kdseg::train {
namespace {

namespace fs = std::filesystem;

std::string hash_of(const std::string& text) { return sha256(text).substr(0, 16); }

/// Cases of a stream by the conditions of the run and its own.
std::vector<cohort::Row> rows_of(const cohort::Sheet& sheet, const LearningSettings& s,
                                 const std::vector<std::string>& where, const Stream& stream) {
  CaseSelection selection = s.training.training;
  selection.where = where;
  selection.where.insert(selection.where.end(), stream.where.begin(), stream.where.end());
  if (&where != &s.training.training.where) selection.ids.clear();
  try {
    return cohort::select(sheet, selection);
  } catch (const UsageError& e) {
    if (s.streams.empty()) throw;
    throw UsageError("[stream.{}]: {}", stream.name, e.what());
  }
}

void require_disjoint(const TrainingCases& cases) {
  std::map<std::string, std::string> training;
  for (const auto& part : cases.streams)
    for (const auto& row : part.training) training.emplace(row.id, part.stream.name);
  for (const auto& row : cases.predicting().validation) {
    const auto found = training.find(row.id);
    if (found == training.end()) continue;
    if (cases.streams.size() == 1)
      throw UsageError(
          "case {} is selected for training and for validation; see --where, --validate", row.id);
    throw UsageError(
        "case {} is selected for training by stream {} and for validation on stream {}; see "
        "--where, --validate",
        row.id, found->second, cases.predicting().stream.name);
  }
}

std::vector<std::string> held_out_ids(const cohort::Sheet& sheet, const TrainingCases& cases) {
  std::set<std::string> ids, folds;
  for (const auto& part : cases.streams)
    for (const auto& row : part.training) {
      ids.insert(row.id);
      folds.insert(row.fold);
    }
  std::vector<std::string> held_out;
  for (const auto& row : sheet.rows)
    if (!ids.contains(row.id) && (row.split == "test" || !folds.contains(row.fold)))
      held_out.push_back(row.id);
  return held_out;
}

struct Header {
  Volume volume;
  std::string content, file;
};

Header read_header(const cohort::Row& row) {
  Header header;
  try {
    header.volume = io::read_volume_header(row.path);
  } catch (const DataError& e) {
    throw DataError("case {}: {}", row.id, e.what());
  }
  header.content = io::stored_content_sha256(row.path);
  std::error_code error;
  header.file = fmt::format("{} {}", fs::file_size(row.path, error),
                            fs::last_write_time(row.path, error).time_since_epoch().count());
  return header;
}

/// Scores against labels that were made are no test.
void warn_of_annotations(const std::vector<cohort::Row>& validation) {
  if (const auto made = cohort::count_annotated(validation); made > 0)
    log::warning(
        "{} of the {} validation cases have labels that were made (column labels: annotation): "
        "their scores measure agreement with what made them",
        made, validation.size());
}

/// What the cases of a run have in common, from the first that says it.
struct Common {
  const cohort::Row* labelled = nullptr;
  ClassTable classes;
  std::vector<Region> regions;
};

void check_header(const cohort::Row& row, const Volume& volume, data::LabelRule rule,
                  Common& common) {
  if (rule == data::LabelRule::none) return;
  const auto& share = volume.data.share;
  if (!volume.data.label && share && !share->exclusive)
    throw DataError(
        "case {}: {} has /share of independent regions ({}) without /label; expected both, scores "
        "need the class of every voxel",
        row.id, row.file, join(share->image.channels, ","));
  if (!volume.data.label && !share) {
    if (rule == data::LabelRule::required)
      throw DataError("case {}: {} has no label", row.id, row.file);
    return;
  }
  if (cohort::hides_labels(row))
    throw DataError(
        "case {} is in the pool (column pool) and its labels would be read; expected --where "
        "pool!=yes, labels that networks made, or a stream with labels = none",
        row.id);
  if (!common.labelled) {
    common = {&row, volume.data.classes, volume.data.regions};
    return;
  }
  if (!(volume.data.classes == common.classes))
    throw DataError("case {}: classes are {}, case {} has {}", row.id,
                    join(volume.data.classes.names, ","), common.labelled->id,
                    join(common.classes.names, ","));
}

void check_recipe_id(const cohort::Row& row, const Volume& volume, const cohort::Row& first_row,
                     const Volume& first) {
  if (volume.recipe_id != first.recipe_id)
    throw DataError("case {}: recipe is {}, case {} has {}; one run takes volumes of one kind",
                    row.id, volume.recipe_id, first_row.id, first.recipe_id);
}

std::vector<Region> one_per_class(const ClassTable& classes) {
  std::vector<Region> regions;
  for (size_t c = 1; c < classes.names.size(); ++c)
    regions.push_back({classes.names[c], {classes.codes[c]}});
  return regions;
}

/// The file's section with the constants it leaves open filled in from a fitted recipe.
Section filled(Section section, const std::string& fitted_ini) {
  const Section fitted = prepare::parse_recipe(fitted_ini, "recipe");
  const auto value_of = [](const Section& s, const std::string& key, std::string value) {
    for (const auto& setting : s.settings)
      if (setting.key == key) value = setting.value;
    return value;
  };
  if (value_of(section, "size", "fit") == "fit")
    section.settings.push_back({"size", value_of(fitted, "size", "fit"), section.where});
  if (value_of(section, "landmarks", "") == "from-train")
    section.settings.push_back(
        {"landmarks", value_of(fitted, "landmarks", "from-train"), section.where});
  return section;
}

}  // namespace

std::vector<Stream> all_streams(const TrainingCases& cases) {
  std::vector<Stream> streams;
  for (const auto& part : cases.streams) streams.push_back(part.stream);
  return streams;
}

TrainingCases open_cases(const LearningSettings& settings, int threads) {
  const TrainingSettings& t = settings.training;
  const cohort::Sheet sheet = cohort::read_sheet(t.training.cases);
  TrainingCases cases;
  const auto streams = streams_of(settings);
  cases.predicted = stream_named(streams, t.predict_on, "--predict-on");
  for (const auto& stream : streams) {
    auto& part = cases.streams.emplace_back();
    part.stream = stream;
    part.training = rows_of(sheet, settings, t.training.where, stream);
    if (cases.streams.size() == cases.predicted + 1 && !t.validate.empty())
      part.validation = rows_of(sheet, settings, t.validate, stream);
  }
  require_disjoint(cases);
  warn_of_annotations(cases.predicting().validation);
  cases.held_out = held_out_ids(sheet, cases);

  Common common;
  std::string content, files;
  for (auto& part : cases.streams) {
    std::vector<Header> headers(part.size());
    parallel_for(static_cast<int64_t>(headers.size()), threads, [&](int64_t i) {
      throw_if_signalled();
      headers[static_cast<size_t>(i)] = read_header(part.row(static_cast<size_t>(i)));
    });
    const Volume& first = headers.front().volume;
    if (!settings.streams.empty()) content += "[" + part.stream.name + "]\n";
    for (size_t i = 0; i < headers.size(); ++i) {
      const auto& row = part.row(i);
      // Scores need labels, whatever training does without.
      const bool validates = i >= part.training.size();
      check_header(row, headers[i].volume,
                   validates ? data::LabelRule::required : part.stream.labels, common);
      check_recipe_id(row, headers[i].volume, part.row(0), first);
      part.channels_of.push_back(headers[i].volume.data.image.channels);
      content += row.id + " " + headers[i].content + "\n";
      if (const double weight = cohort::weight_of(row); weight != 1 && !validates)
        content += "weight " + exact(weight) + "\n";
      files += row.id + " " + headers[i].file + "\n";
    }
    part.channels = part.channels_of.front();
    if (first.recipe_id != "source") part.prepared_ini = first.recipe_ini;
  }
  cases.content = hash_of(content);
  cases.files = hash_of(files);
  cases.classes = common.classes;
  cases.regions = common.regions.empty() ? one_per_class(common.classes) : common.regions;
  return cases;
}

void require_channels(const StreamCases& cases, const std::vector<std::string>& channels,
                      const std::string& who) {
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto& found = cases.channels_of[i];
    for (const auto& name : channels)
      if (std::find(found.begin(), found.end(), name) == found.end())
        throw DataError(
            "case {}: {} channels ({}), {} expects {} ({}); choose them with --channels",
            cases.row(i).id, found.size(), join(found, ","), who, channels.size(),
            join(channels, ","));
  }
}

void check_recipe(const StreamCases& cases, bool teacher) {
  const std::string& file = cases.stream.recipe;
  if (!file.empty())
    prepare::parse_recipe(read_utf8(file), file);
  else if (cases.prepared_ini.empty() && !teacher)
    throw UsageError("the cases are source volumes: --recipe says how they are prepared");
}

std::unique_ptr<prepare::Recipe> open_recipe(const StreamCases& cases, const std::string& teacher,
                                             const std::string& teacher_ini, int threads) {
  using prepare::Recipe;
  const std::string& file = cases.stream.recipe;
  const auto fit = [&](const Section& section) {
    const auto load = [&](int64_t i) {
      throw_if_signalled();
      const auto& path = cases.training[static_cast<size_t>(i)].path;
      return cases.stream.labels == data::LabelRule::none ? io::read_volume_without_label(path)
                                                          : io::read_volume(path);
    };
    return std::make_unique<Recipe>(
        Recipe::fit(section, static_cast<int64_t>(cases.training.size()), load, threads));
  };
  std::unique_ptr<Recipe> recipe;
  const std::string& known = cases.prepared_ini.empty() ? teacher_ini : cases.prepared_ini;
  if (!file.empty()) {
    const Section section = prepare::parse_recipe(read_utf8(file), file);
    recipe = fit(known.empty() ? section : filled(section, known));
  } else {
    recipe = std::make_unique<Recipe>(Recipe::from_text(known));
  }
  if (!cases.prepared_ini.empty() && recipe->id() != Recipe::from_text(cases.prepared_ini).id())
    throw DataError("{} differs from the recipe that prepared the volumes; leave --recipe out",
                    file);
  if (!teacher_ini.empty() && recipe->id() != Recipe::from_text(teacher_ini).id())
    throw DataError("recipe {} ({}) is not that of {} ({}); without --recipe the teacher's is used",
                    recipe->id(), file.empty() ? "of the prepared volumes" : file, teacher,
                    Recipe::from_text(teacher_ini).id());
  return recipe;
}

}  // namespace kdseg::train

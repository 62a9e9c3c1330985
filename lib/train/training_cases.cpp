#include "train/training_cases.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/parallel.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/volume_file.h"

namespace kdseg::train {
namespace {

namespace fs = std::filesystem;

std::string hash_of(const std::string& text) {
  return io::sha256(std::as_bytes(std::span(text))).substr(0, 16);
}

std::vector<cohort::Row> validation_rows(const cohort::Sheet& sheet, const TrainingSettings& s) {
  if (s.validate.empty()) return {};
  CaseSelection selection;
  selection.cases = s.training.cases;
  selection.where = s.validate;
  selection.limit = s.training.limit;
  return cohort::select(sheet, selection);
}

void require_disjoint(const TrainingCases& cases) {
  std::set<std::string> training;
  for (const auto& row : cases.training) training.insert(row.id);
  for (const auto& row : cases.validation)
    if (training.contains(row.id))
      throw UsageError(
          "case {} is selected for training and for validation; see --where, --validate", row.id);
}

std::vector<std::string> held_out_ids(const cohort::Sheet& sheet,
                                      const std::vector<cohort::Row>& training) {
  std::set<std::string> ids, folds;
  for (const auto& row : training) {
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

void check_header(const cohort::Row& row, const Volume& volume, const cohort::Row& first_row,
                  const Volume& first) {
  if (!volume.data.label) throw DataError("case {}: {} has no label", row.id, row.file);
  if (!(volume.data.classes == first.data.classes))
    throw DataError("case {}: classes are {}, case {} has {}", row.id,
                    join(volume.data.classes.names, ","), first_row.id,
                    join(first.data.classes.names, ","));
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

TrainingCases open_cases(const TrainingSettings& settings, int threads) {
  const cohort::Sheet sheet = cohort::read_sheet(settings.training.cases);
  TrainingCases cases;
  cases.training = cohort::select(sheet, settings.training);
  cases.validation = validation_rows(sheet, settings);
  require_disjoint(cases);
  cases.held_out = held_out_ids(sheet, cases.training);

  std::vector<Header> headers(cases.size());
  parallel_for(static_cast<int64_t>(headers.size()), threads, [&](int64_t i) {
    headers[static_cast<size_t>(i)] = read_header(cases.row(static_cast<size_t>(i)));
  });
  const Volume& first = headers.front().volume;
  std::string content, files;
  for (size_t i = 0; i < headers.size(); ++i) {
    const auto& row = cases.row(i);
    check_header(row, headers[i].volume, cases.row(0), first);
    cases.channels_of.push_back(headers[i].volume.data.image.channels);
    content += row.id + " " + headers[i].content + "\n";
    files += row.id + " " + headers[i].file + "\n";
  }
  cases.content = hash_of(content);
  cases.files = hash_of(files);
  cases.classes = first.data.classes;
  cases.regions = first.data.regions.empty() ? one_per_class(cases.classes) : first.data.regions;
  cases.channels = cases.channels_of.front();
  if (first.recipe_id != "source") cases.prepared_ini = first.recipe_ini;
  return cases;
}

void require_channels(const TrainingCases& cases, const std::vector<std::string>& channels,
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

void check_recipe(const TrainingCases& cases, const std::string& file, bool teacher) {
  if (!file.empty())
    prepare::parse_recipe(io::read_text(file), file);
  else if (cases.prepared_ini.empty() && !teacher)
    throw UsageError("the cases are source volumes: --recipe says how they are prepared");
}

std::unique_ptr<prepare::Recipe> open_recipe(const TrainingCases& cases, const std::string& file,
                                             const std::string& teacher,
                                             const std::string& teacher_ini, int threads) {
  using prepare::Recipe;
  const auto fit = [&](const Section& section) {
    const auto load = [&](int64_t i) {
      return io::read_volume(cases.training[static_cast<size_t>(i)].path);
    };
    return std::make_unique<Recipe>(
        Recipe::fit(section, static_cast<int64_t>(cases.training.size()), load, threads));
  };
  std::unique_ptr<Recipe> recipe;
  const std::string& known = cases.prepared_ini.empty() ? teacher_ini : cases.prepared_ini;
  if (!file.empty()) {
    const Section section = prepare::parse_recipe(io::read_text(file), file);
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

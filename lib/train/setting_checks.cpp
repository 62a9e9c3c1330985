#include "train/setting_checks.h"

#include "base/errors.h"
#include "train/regimen.h"
#include "train/streams.h"
#include "train/translation.h"

namespace kdseg::train {
namespace {

/// Sections of the procedures that translate, and only with them.
void check_translation(const LearningSettings& s, const Procedure& procedure) {
  if (translates(procedure)) {
    ends_of(s, streams_of(s));
    const std::string file = translator_file(s);
    if (procedure.name == "alignment" && !file.empty())
      throw UsageError("{}: [translation]: file = {} would leave nothing to train",
                       s.translation.where, file);
    for (const auto* section : {&s.generator, &s.discriminator})
      if (!file.empty() && !section->kind.empty())
        throw UsageError("{}: [{}] is of a translator that is trained, {} is taken as it is",
                         section->where, section->kind, file);
    return;
  }
  for (const auto* section : {&s.translation, &s.generator, &s.discriminator})
    if (!section->kind.empty())
      throw UsageError("{}: [{}] needs --procedure unpaired", section->where, section->kind);
}

/// Sections of the procedures that train several networks, and only with them.
void check_sections(const LearningSettings& s, const Procedure& procedure) {
  check_translation(s, procedure);
  if (trains_several(procedure)) {
    if (s.supervise.empty() && s.distil.empty() && procedure.name != "alignment")
      throw UsageError("--procedure {}: nothing learns; give [supervise.NAME], [distil.NAME]",
                       procedure.name);
    if (!procedure.adversary.kind.empty())
      throw UsageError("{}: [adversary] is of the procedure teacher-student",
                       procedure.adversary.where);
    if (!procedure.copied.empty())
      throw UsageError("--copy-from-teacher is of the procedure teacher-student");
    return;
  }
  for (const auto* sections : {&s.supervise, &s.distil, &s.averages, &s.candidates, &s.frozen})
    if (!sections->empty())
      throw UsageError("{}: [{}.{}] needs --procedure mutual, or unpaired", sections->front().where,
                       sections->front().kind, sections->front().name);
  if (s.streams.size() > 1)
    throw UsageError(
        "{}: [stream.{}] and [stream.{}]: one network learns from one stream; "
        "--procedure mutual takes several",
        s.streams[1].where, s.streams[0].name, s.streams[1].name);
}

}  // namespace

bool trains_several(const Procedure& procedure) {
  return procedure.name == "mutual" || translates(procedure);
}

void check_settings(const LearningSettings& s, const Procedure& procedure) {
  regimen_of(s, "");
  if (!s.training.patch.empty() && s.training.patch.size() != 3)
    throw UsageError("--patch: {} values, expected x y z", s.training.patch.size());
  if (s.training.training.cases.empty()) throw UsageError("--cases is required; see --help");
  if (s.training.output.empty() && !s.tensor.describe)
    throw UsageError("--output is required; see --help");
  if (procedure.name == "teacher-student" && procedure.teacher.empty())
    throw UsageError("--teacher is required; see --help");
  if (procedure.teacher.empty() && !procedure.teacher_network.empty())
    throw UsageError("--network {}: names a network of --teacher, which is not given",
                     procedure.teacher_network);
  if (s.training.init.empty() && !s.training.init_network.empty())
    throw UsageError("--init-network {}: names a network of --init, which is not given",
                     s.training.init_network);
  if (s.training.validate.empty() && s.schedule.plateau)
    throw UsageError("--plateau on needs validation cases; give --validate, or --plateau off");
  check_sections(s, procedure);
  if (procedure.kd_order != "literal" && !trains_several(procedure))
    throw UsageError("--kd-order {} is of the procedures mutual and unpaired", procedure.kd_order);
  const auto streams = streams_of(s);
  stream_named(streams, s.training.epoch_of, "--epoch-of");
  const Stream& predicting = streams[stream_named(streams, s.training.predict_on, "--predict-on")];
  if (s.schedule.plateau && s.schedule.plateau_watch == "loss" &&
      predicting.unit != data::Unit::volume)
    throw UsageError(
        "--plateau-watch loss: training on patches gives no loss over whole cases; watch the "
        "score");
}

void check_purpose(const LearningSettings& s, const losses::Objective& objective) {
  if (s.synthesize.empty()) {
    if (objective.needs_image())
      throw UsageError("[term.absolute-error] needs channels to be made; give --synthesize");
    return;
  }
  if (s.head != "classes")
    throw UsageError("--head {}: a network that makes channels (--synthesize) has no classes",
                     s.head);
  if (objective.needs_target() || !objective.needs_image())
    throw UsageError(
        "--synthesize: the loss is about classes; give [term.absolute-error] and no term that "
        "needs labels");
}

std::vector<Section> terms_of(const LearningSettings& s) {
  return s.terms.empty() ? std::vector<Section>{{"term", "cross-entropy", "", {}}} : s.terms;
}

}  // namespace kdseg::train

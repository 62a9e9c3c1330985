#include "methods/mutual_sections.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "losses/objective.h"

namespace kdseg::methods {
namespace {

using Kind = Parameter::Kind;

Parameter text(const char* name, const char* help, const char* initial = "") {
  return {name, Kind::text, initial, help, -1e300, 1e300, {}};
}

Parameter texts(const char* name, const char* help) {
  return {name, Kind::texts, "", help, -1e300, 1e300, {}};
}

Parameter weight() {
  return {"weight", Kind::number, "1", "factor of its terms in the network's loss", 0, 1e6, {}};
}

std::string title_of(const Section& section) {
  const std::string title = fmt::format("[{}.{}]", section.kind, section.name);
  return section.where.empty() ? title : section.where + ": " + title;
}

const std::string& among(const std::string& name, const std::vector<std::string>& known,
                         const Section& section, const char* what) {
  if (name.empty())
    throw UsageError("{}: no {}; give one of {}", title_of(section), what, join(known, ", "));
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw UsageError("{}: unknown {} '{}', there are {}{}", title_of(section), what, name,
                     join(known, ", "), did_you_mean(name, known));
  return name;
}

/// The [term.NAME] sections of a lesson: those about labels or about a teacher, or those it names.
std::vector<Section> terms_for(const Setup& setup, const Section& section,
                               const std::vector<std::string>& named, bool teacher) {
  std::vector<Section> chosen;
  std::vector<std::string> known;
  for (const auto& term : setup.terms) known.push_back(term.name);
  for (const auto& name : named) among(name, known, section, "term");
  for (const auto& term : setup.terms) {
    const std::vector<Section> alone{term};
    const losses::Objective one(alone);
    const bool listed = std::find(named.begin(), named.end(), term.name) != named.end();
    if (named.empty() ? one.needs_teacher() != teacher : !listed) continue;
    if (one.needs_teacher() && !teacher)
      throw UsageError("{}: [term.{}] needs a teacher; name it in a [distil.NAME]",
                       title_of(section), term.name);
    chosen.push_back(term);
  }
  if (chosen.empty())
    throw UsageError("{}: no [term.NAME] is about {}", title_of(section),
                     teacher ? "a teacher" : "labels");
  return chosen;
}

std::vector<std::string> names_of_streams(const Setup& setup) {
  std::vector<std::string> names;
  for (const auto& stream : setup.streams) names.push_back(stream.name);
  return names;
}

/// A network takes a stream's images by name where it knows them, else as many as it has.
void require_fitting(const Section& section, const models::Model& model, const std::string& network,
                     const StreamView& stream) {
  const auto& wanted = model.contract.channels;
  const auto& given = stream.channels;
  const bool by_name = std::all_of(wanted.begin(), wanted.end(), [&](const auto& name) {
    return std::find(given.begin(), given.end(), name) != given.end();
  });
  if (by_name || given.empty() || given.size() == wanted.size()) return;
  throw UsageError("{}: stream {} has {} channels ({}), network {} takes {} ({})",
                   title_of(section), stream.name, given.size(), join(given, ","), network,
                   wanted.size(), join(wanted, ","));
}

/// Kinds of images that the network has layers of their own for.
int64_t domains_of(const models::Model& model) {
  for (const auto& setting : model.section.settings)
    if (setting.key == "domains") return parse_integer(setting.value).value_or(1);
  return 1;
}

/// A network with ends of their own for each kind of images has them for this stream's.
void require_domain(const Section& section, const models::Model& model, const std::string& network,
                    const std::string& stream, const std::vector<StreamView>& views) {
  const int64_t domains = domains_of(model);
  if (domains == 1) return;
  if (parts_of(stream).size() > 1)
    throw UsageError(
        "{}: network {} tells kinds of images apart (domains = {}), stream {} joins "
        "them",
        title_of(section), network, domains, stream);
  for (const auto& view : views)
    if (view.name == stream && view.domain >= domains)
      throw UsageError("{}: network {} has domains = {}, stream {} is of kind {}",
                       title_of(section), network, domains, stream, view.domain + 1);
}

struct Names {
  std::vector<std::string> trained, averages, teachers;
};

Names names_in(const Setup& setup) {
  Names names;
  const auto add = [&](std::vector<std::string>* list, const std::string& name,
                       const std::string& where) {
    if (std::find(names.teachers.begin(), names.teachers.end(), name) != names.teachers.end())
      throw UsageError("{}: there is another network '{}'", where, name);
    names.teachers.push_back(name);
    if (list) list->push_back(name);
  };
  for (const auto& one : setup.networks)
    add(&names.trained, one.name, fmt::format("[network.{}]", one.name));
  for (const auto& one : setup.frozen) add(nullptr, one.name, fmt::format("[frozen.{}]", one.name));
  for (const auto& section : setup.averages) add(&names.averages, section.name, title_of(section));
  return names;
}

const models::Model& model_named(const Setup& setup, const std::string& name) {
  for (const auto& one : setup.networks)
    if (one.name == name) return one.model;
  for (const auto& one : setup.frozen)
    if (one.name == name) return one.model;
  for (const auto& section : setup.averages)
    if (section.name == name)
      return model_named(setup, Parameters(average_parameters(), section).text("network"));
  throw std::logic_error("no network " + name);
}

Lesson lesson_of(const Setup& setup, const Section& section, const Names& names, bool teacher) {
  const Parameters values(teacher ? distil_parameters() : supervise_parameters(), section);
  const auto streams = names_of_streams(setup);
  Lesson lesson;
  lesson.name = section.name;
  lesson.network = among(values.text(teacher ? "student" : "network"), names.trained, section,
                         teacher ? "trained network (student)" : "trained network (network)");
  const std::string& stream = values.text("stream");
  lesson.stream = stream.empty() && streams.size() == 1 ? streams[0] : stream;
  for (const auto& part : parts_of(lesson.stream)) among(part, streams, section, "stream");
  if (teacher) lesson.teacher = among(values.text("teacher"), names.teachers, section, "teacher");
  if (lesson.teacher == lesson.network)
    throw UsageError("{}: {} is its own teacher; an [average.NAME] of it can be", title_of(section),
                     lesson.network);
  lesson.weight = values.number("weight");
  if (!teacher) lesson.shapes = values.number("shapes");
  if (lesson.shapes > 0 && lesson.stream.find('>') == std::string::npos)
    throw UsageError("{}: shapes is of translated images, as in stream = a>t, found stream = {}",
                     title_of(section), lesson.stream);
  lesson.terms = terms_for(setup, section, values.texts("terms"), teacher);
  for (const auto& name : teacher ? std::vector<std::string>{lesson.network, lesson.teacher}
                                  : std::vector<std::string>{lesson.network})
    require_domain(section, model_named(setup, name), name, lesson.stream, setup.streams);
  for (const auto& view : setup.streams)
    for (const auto& part : parts_of(lesson.stream)) {
      if (view.name != part) continue;
      require_fitting(section, model_named(setup, lesson.network), lesson.network, view);
      if (teacher)
        require_fitting(section, model_named(setup, lesson.teacher), lesson.teacher, view);
    }
  return lesson;
}

Choice candidate_of(const Section& section, const std::vector<std::string>& members) {
  const Parameters values(candidate_parameters(), section);
  Choice choice;
  choice.name = section.name;
  choice.chosen = values.toggle("default");
  for (const auto& name : values.texts("members"))
    choice.members.push_back(among(name, members, section, "member"));
  if (choice.members.empty())
    throw UsageError("{}: no members; give some of {}", title_of(section), join(members, ", "));
  return choice;
}

std::vector<Choice> candidates_of(const Setup& setup, const Names& names) {
  std::vector<std::string> members = names.trained;
  members.insert(members.end(), names.averages.begin(), names.averages.end());
  std::vector<Choice> candidates;
  for (const auto& name : members) candidates.push_back({name, {name}, false});
  for (const auto& section : setup.candidates) {
    Choice made = candidate_of(section, members);
    const auto same = std::find_if(candidates.begin(), candidates.end(),
                                   [&](const Choice& c) { return c.name == made.name; });
    if (same == candidates.end())
      candidates.push_back(std::move(made));
    else if (same->members == made.members)
      same->chosen = made.chosen;
    else
      throw UsageError("{}: there is a network of this name, with other members",
                       title_of(section));
  }
  const auto chosen =
      std::count_if(candidates.begin(), candidates.end(), [](const Choice& c) { return c.chosen; });
  if (chosen > 1) throw UsageError("[candidate.NAME]: default is on in {} of them", chosen);
  if (chosen == 0) candidates.back().chosen = true;
  return candidates;
}

}  // namespace

std::span<const Parameter> supervise_parameters() {
  static const std::vector<Parameter> rows{
      text("network", "the network that learns"),
      text("stream",
           "whose labelled cases it learns from; none: the only one. a+t joins the samples of two "
           "in one batch; a>t: images of a translated into those of t (unpaired, alignment)"),
      weight(),
      {"shapes",
       Kind::number,
       "0",
       "of a>t: factor of its loss in that of the generator, which then keeps what labels show",
       0,
       1e6,
       {}},
      texts("terms", "the [term.NAME]s; none: all that need no teacher")};
  return rows;
}

std::span<const Parameter> distil_parameters() {
  static const std::vector<Parameter> rows{
      text("teacher", "a trained network, an average or a frozen one"),
      text("student", "the network that learns"),
      text("stream", "whose images both look at, named as in [supervise.NAME]; none: the only one"),
      weight(), texts("terms", "the [term.NAME]s; none: all that need a teacher")};
  return rows;
}

std::span<const Parameter> average_parameters() {
  static const std::vector<Parameter> rows{
      text("network", "whose parameters are averaged over the run"),
      {"decay",
       Kind::number,
       "0.99",
       "what every step leaves of the former average (mean teacher, Tarvainen & Valpola 2017)",
       0,
       1,
       {}}};
  return rows;
}

std::span<const Parameter> candidate_parameters() {
  static const std::vector<Parameter> rows{
      texts("members", "networks and averages whose mean probability it is"),
      {"default",
       Kind::toggle,
       "off",
       "the run's score goes by it, and predictions use it; none says so: the last one",
       -1e300,
       1e300,
       {}}};
  return rows;
}

std::vector<std::string> parts_of(const std::string& stream) { return split(stream, '+'); }

std::string translated_stream(const std::string& from, const std::string& to) {
  return from + ">" + to;
}

std::string generator_name(const std::string& from, const std::string& to) {
  return from + "-to-" + to;
}

MutualPlan plan_of(const Setup& setup) {
  const Names names = names_in(setup);
  MutualPlan plan;
  for (const auto& section : setup.averages) {
    const Parameters values(average_parameters(), section);
    plan.averages.push_back({section.name,
                             among(values.text("network"), names.trained, section, "network"),
                             values.number("decay")});
  }
  for (const auto& section : setup.supervise)
    plan.lessons.push_back(lesson_of(setup, section, names, false));
  for (const auto& section : setup.distil)
    plan.lessons.push_back(lesson_of(setup, section, names, true));
  // A weight of 0 leaves its network untouched by the lesson: it is not computed at all, so that no
  // running statistics of a norm see its images.
  std::erase_if(plan.lessons, [](const Lesson& lesson) { return lesson.weight == 0; });
  for (const auto& name : names.trained)
    if (std::none_of(plan.lessons.begin(), plan.lessons.end(),
                     [&](const Lesson& lesson) { return lesson.network == name; }))
      throw UsageError("[network.{}]: nothing trains it; give a [supervise.NAME] or [distil.NAME]",
                       name);
  plan.candidates = candidates_of(setup, names);
  return plan;
}

}  // namespace kdseg::methods

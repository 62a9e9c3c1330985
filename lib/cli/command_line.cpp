#include "cli/command_line.h"

#include <boost/make_shared.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::cli {
namespace po = boost::program_options;
namespace {

/// Lets Boost carry an option's texts and hands them to Option::assign, whose messages name the
/// file and line that Boost knows nothing of.
class Semantic : public po::value_semantic {
 public:
  Semantic(Option& option, const std::string& where) : option_(option), where_(where) {}

  std::string name() const override { return option_.name; }
  unsigned min_tokens() const override { return option_.kind == Kind::toggle ? 0 : 1; }
  unsigned max_tokens() const override { return 1; }
  bool is_composing() const override { return false; }
  bool is_required() const override { return false; }
  bool apply_default(boost::any&) const override { return false; }

  void parse(boost::any& stored, const std::vector<std::string>& tokens, bool) const override {
    if (where_.empty()) check_flag(stored, tokens);
    auto values = stored.empty() ? Values{} : std::move(*boost::any_cast<Values>(&stored));
    values.insert(values.end(), tokens.begin(), tokens.end());
    stored = std::move(values);
  }

  void notify(const boost::any& stored) const override {
    option_.assign(boost::any_cast<const Values&>(stored), where_);
  }

 private:
  using Values = std::vector<std::string>;

  void check_flag(const boost::any& stored, const Values& tokens) const {
    if (!stored.empty() && !option_.repeatable())
      throw UsageError("--{} is given twice", option_.name);
    for (const auto& token : tokens)
      if (token.starts_with("--"))
        throw UsageError("--{} needs a value, found '{}'", option_.name, token);
  }

  Option& option_;
  const std::string& where_;
};

[[noreturn]] void unknown_flag(const Options::Impl& declared, const std::string& token) {
  const auto names = declared.names(Scope::flag_only, "--");
  const std::string name = token.substr(0, token.find('='));
  if (const auto near = nearest(name, names))
    throw UsageError("unknown option '{}'; did you mean '{}'?", name, *near);
  throw UsageError("unknown option '{}'; --help lists the options", name);
}

[[noreturn]] void stray_word(const std::string& word, const std::string& before) {
  if (before.empty()) throw UsageError("unexpected argument '{}'; options start with '--'", word);
  throw UsageError(
      "unexpected argument '{}' after --{}; a list is one word with commas or in quotes", word,
      before);
}

/// Boost would take the next flag for the missing value, or a word further on.
void check_values_follow(const Options::Impl& declared, const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Option* option =
        arguments[i].starts_with("--") ? declared.find(arguments[i].substr(2)) : nullptr;
    if (!option || option->kind == Kind::toggle) continue;
    if (i + 1 == arguments.size()) throw UsageError("--{} needs a value", option->name);
    if (arguments[i + 1].starts_with("--"))
      throw UsageError("--{} needs a value, found '{}'", option->name, arguments[i + 1]);
    ++i;
  }
}

}  // namespace

struct Binding::Boost {
  po::options_description description;
  std::string where;  ///< the source being stored
};

Binding::Binding(Options::Impl& declared) : declared_(declared), boost_(std::make_unique<Boost>()) {
  for (auto& option : declared.options)
    boost_->description.add(boost::make_shared<po::option_description>(
        option.name.c_str(), new Semantic(option, boost_->where)));
}

Binding::~Binding() = default;

std::vector<Given> Binding::split(const std::vector<std::string>& arguments) const {
  check_values_follow(declared_, arguments);
  namespace style = po::command_line_style;
  std::vector<Given> flags;
  try {
    const auto parsed =
        po::command_line_parser(arguments)
            .options(boost_->description)
            .style(style::allow_long | style::long_allow_next | style::long_allow_adjacent)
            .allow_unregistered()
            .run();
    for (const auto& option : parsed.options) {
      if (option.string_key.empty())
        stray_word(option.original_tokens.at(0), flags.empty() ? "" : flags.back().name);
      if (option.unregistered) unknown_flag(declared_, option.original_tokens.at(0));
      flags.push_back({option.string_key, option.value});
    }
  } catch (const po::error_with_option_name& e) {
    throw UsageError("{} needs a value", e.get_option_name());
  } catch (const po::error& e) {
    throw UsageError("{}", e.what());
  }
  return flags;
}

void Binding::store(const std::vector<Given>& given, const std::string& where) {
  boost_->where = where;
  po::parsed_options parsed(&boost_->description);
  for (const auto& one : given) {
    po::option option(one.name, one.values);
    parsed.options.push_back(std::move(option));
  }
  po::variables_map values;
  po::store(parsed, values);
  po::notify(values);
}

}  // namespace kdseg::cli

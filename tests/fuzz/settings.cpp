// Settings files, and recipes, which have the same form.
#include "base/ini.h"

#include "fuzz/fuzz.h"
#include "prepare/recipe_text.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::taken([&] {
    for (const auto& section : parse_ini(text, "x.ini").sections)
      for (const auto& key : section.keys) {
        std::string value;
        if (!fuzz::taken([&] { value = unquoted(key.value, "x.ini"); })) continue;
        const auto again = parse_ini("a = " + as_value(value), "x.ini");
        fuzz::require(unquoted(again.sections.front().keys.front().value, "x.ini") == value);
      }
  });
  fuzz::taken([&] { prepare::parse_recipe(text, "x.ini"); });
  return 0;
}

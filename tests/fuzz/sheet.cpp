// Sheets of cases: what is read is written and read again alike.
#include "cohort/sheet.h"

#include "fuzz/fuzz.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file("x.tsv", data, size);
  cohort::Sheet sheet;
  if (!fuzz::taken([&] { sheet = cohort::read_sheet(file.path()); })) return 0;
  cohort::write_sheet(file.path(), sheet, true);
  const auto again = cohort::read_sheet(file.path());
  fuzz::require(again.extra_columns == sheet.extra_columns &&
                again.rows.size() == sheet.rows.size());
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    const auto &a = sheet.rows[i], &b = again.rows[i];
    fuzz::require(a.id == b.id && a.file == b.file && a.stratum == b.stratum &&
                  a.split == b.split && a.fold == b.fold && a.extra == b.extra);
  }
  return 0;
}

// Tables: what is read is written and read again alike.
#include "io/table.h"

#include "fuzz/fuzz.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file("x.csv", data, size);
  io::Table table;
  if (!fuzz::taken([&] { table = io::read_table(file.path(), {}); })) return 0;
  io::write_table(file.path(), table, true);
  const auto again = io::read_table(file.path(), {});
  fuzz::require(again.columns == table.columns && again.rows == table.rows);
  return 0;
}

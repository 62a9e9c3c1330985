// The JSON texts inside HDF5 files: what is read is written and read again alike.
#include "fuzz/fuzz.h"
#include "io/contract_json.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::taken([&] {
    const auto written = io::chain_to_json(io::chain_from_json(text, "x"));
    fuzz::require(io::chain_to_json(io::chain_from_json(written, "x")) == written);
  });
  fuzz::taken([&] {
    const auto written = io::head_to_json(io::head_from_json(text, "x"));
    fuzz::require(io::head_to_json(io::head_from_json(written, "x")) == written);
  });
  fuzz::taken([&] {
    const auto written = io::tiling_to_json(io::tiling_from_json(text, "x"));
    fuzz::require(io::tiling_to_json(io::tiling_from_json(written, "x")) == written);
  });
  fuzz::taken([&] { io::regions_from_texts({text}, "x"); });
  return 0;
}

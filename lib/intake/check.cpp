#include "intake/check.h"

#include <algorithm>
#include <cstdio>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "io/verify.h"

namespace kdseg::intake {
namespace {

struct Finding {
  std::string shape = "-", channels = "-", codes = "-";
  std::vector<std::string> notes;
  std::string rejected;
};

std::string codes_present(const Case& data) {
  if (!data.label) return data.share ? "soft labels" : "no label";
  std::vector<bool> seen(data.classes.codes.size(), false);
  for (const uint8_t v : data.label->voxels) seen[v] = true;
  std::vector<std::string> codes;
  for (size_t k = 0; k < seen.size(); ++k)
    if (seen[k]) codes.push_back(std::to_string(data.classes.codes[k]));
  return join(codes, ",");
}

Finding look_at(const ListedCase& listed, const CaseList& list) {
  Finding finding;
  finding.notes = listed.fix_ups;
  for (const auto& channel : listed.missing) finding.notes.push_back("no " + channel + " scan");
  finding.rejected = listed.rejected;
  if (!finding.rejected.empty()) return finding;
  try {
    if (!listed.volume.empty() && !io::verify_content(listed.volume))
      finding.notes.push_back("no content_sha256 to verify");
    const Volume volume = load_case(listed, list.meaning ? &*list.meaning : nullptr);
    const auto& size = volume.chain.source.size;
    finding.shape = fmt::format("{}x{}x{}", size[0], size[1], size[2]);
    finding.channels = join(volume.data.image.channels, ",");
    finding.codes = codes_present(volume.data);
    if (list.manifest && list.manifest->size[0] > 0 && list.manifest->size != size) {
      const auto& expected = list.manifest->size;
      finding.notes.push_back(fmt::format("{} has {}x{}x{} voxels", list.manifest->title,
                                          expected[0], expected[1], expected[2]));
    }
  } catch (const DataError& e) {
    finding.rejected = e.what();
  }
  return finding;
}

}  // namespace

void check_cases(const CaseList& list, int threads) {
  std::vector<Finding> findings(list.cases.size());
  {
    Progress progress("check", static_cast<int64_t>(list.cases.size()), "cases");
    parallel_for(static_cast<int64_t>(list.cases.size()), threads, [&](int64_t i) {
      throw_if_stopped();
      findings[static_cast<size_t>(i)] = look_at(list.cases[static_cast<size_t>(i)], list);
      progress.advance();
    });
  }
  int64_t rejected = 0;
  std::string text = "case\tstratum\tstatus\tshape\tchannels\tcodes\tnotes\n";
  for (size_t i = 0; i < findings.size(); ++i) {
    const auto& f = findings[i];
    auto notes = f.notes;
    if (!f.rejected.empty()) {
      ++rejected;
      notes.insert(notes.begin(), f.rejected);
    }
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", list.cases[i].files.id,
                        list.cases[i].files.stratum, f.rejected.empty() ? "ok" : "rejected",
                        f.shape, f.channels, f.codes, join(notes, "; "));
  }
  if (std::fputs(text.c_str(), stdout) == EOF || std::fflush(stdout) != 0)
    throw RunError("cannot write to stdout");
  if (rejected > 0) throw DataError("{} of {} cases rejected", rejected, findings.size());
}

}  // namespace kdseg::intake

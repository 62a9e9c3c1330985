// Which cases a run works on: from explicit files, a sheet, or a data set's folder.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/run_settings.h"
#include "cohort/manifest.h"
#include "cohort/sheet.h"
#include "intake/intake.h"

namespace kdseg::intake {

/// Where cases come from; exactly one of `images`, `root` and `selection.cases` is given.
struct CaseListSettings {
  std::vector<std::string> images;       ///< "flair=a.nii.gz", "flair,t1=4d.nii.gz": one case
  std::string label;                     ///< label file of that case
  std::string share;                     ///< soft labels of that case
  std::vector<std::string> classes;      ///< "NCR=1"; what label codes mean
  std::vector<std::string> share_order;  ///< names of the volumes of 4D scans of soft labels
  std::string annotations;       ///< folder of predictions that take the place of the cases' labels
  std::string manifest, root;    ///< a data set: its description and its folder
  CaseSelection selection;       ///< sheet and choice of cases
  bool allow_missing = false;    ///< cases of a data set that lack a channel's file
  bool ignore_geometry = false;  ///< lay the arrays of a case over each other as they are
  std::string nan = "refuse";    ///< or zero: NaN voxels are background
};

struct ListedCase {
  CaseFiles files;     ///< scans; no images where `volume` is given
  std::string volume;  ///< a stored source volume in place of scans
  std::string patient;
  std::vector<std::string> missing;  ///< channels that other cases have
  std::vector<std::string> fix_ups;
  std::string rejected;  ///< why it cannot be used; empty: accepted
};

struct CaseList {
  std::vector<ListedCase> cases;  ///< those selected
  cohort::Sheet sheet;            ///< one row per case, same order; `file` is <case>.h5
  std::optional<LabelMeaning> meaning;
  std::optional<cohort::Manifest> manifest;
  std::vector<std::string> faults;  ///< what is unlike the data set's release
};

/// UsageError when the ways of naming cases contradict each other or none is given.
void check_case_options(const CaseListSettings& settings);

/// Lists and selects; opens no scan. A sheet holds either volumes (column `file`) or scans: columns
/// `case`, one per channel, and optionally `label`, `share`, `labels`, `stratum`, `split`, `fold`.
/// With a manifest only the columns of its modalities are channels, without one those that hold
/// file names; others are carried over. An empty cell says that the case lacks that channel. Where
/// `annotations` names a folder its files <case>.h5, or <case>.nii.gz with <case>_prob.nii.gz, are
/// the labels; the cases' own are not opened. The column `labels` then says `annotation`.
/// \throws UsageError  options that do not go together; a label whose codes nobody explains
/// \throws DataError   malformed sheet or manifest, duplicate case, empty file name, no case found
CaseList list_cases(const CaseListSettings& settings, const std::string& explicit_id);

/// The channels of "flair=a.nii.gz" or, volume by volume of a 4D file, of "flair,t1=4d.nii.gz".
/// \throws UsageError  neither of these
std::vector<ImageFile> named_images(const std::string& text);

/// What a stored result depends on beside the bytes of its input files: channels, volumes of 4D
/// files, how positions and NaN voxels are taken. As text, for keys.
std::string reading_of(const CaseFiles& files);

/// Codes and names from "NCR=1" items; background (code 0) is added when absent.
ClassTable parse_classes(const std::vector<std::string>& items);

/// The case's source volume, read or imported. DataError and RunError name the case.
Volume load_case(const ListedCase& listed, const LabelMeaning* meaning);

/// Every file of the case, images first.
std::vector<std::string> input_files(const ListedCase& listed);

/// UsageError when `folder`, which is to be written to, holds files that are read: they would be
/// replaced, or taken for results.
void refuse_inputs_in(const std::string& folder, const CaseList& list,
                      const CaseListSettings& settings);

}  // namespace kdseg::intake

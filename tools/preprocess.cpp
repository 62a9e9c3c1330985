#include "intake/preprocess.h"
#include "cli/shared_options.h"
#include "cli/tool.h"

namespace {
using namespace kdseg;

using Settings = intake::PreprocessSettings;

const cli::Manual manual{
    "preprocess",
    "turn scans and labels into case volumes and a sheet of cases",
    "Reads NIfTI, NRRD, MHA and DICOM series, checks them, brings every case into one orientation "
    "(x to the left, y to the back, z up), crops it to what is not zero and stores one volume per "
    "case with unchanged intensities and the way back to the scan's own grid. Such source volumes "
    "serve every network. With --recipe the volumes are stored as one recipe prepares them. "
    "cases.tsv beside the volumes says who trains, validates and tests. Interrupted runs continue "
    "with the same command.",
    {"preprocess --manifest data-manifest/brats-2019.yaml --root /data/BraTS2019 --split 200,66,69 "
     "--output-dir volumes",
     "preprocess --manifest data-manifest/brats-2019.yaml --root /data/BraTS2019 --check",
     "preprocess --image flair=a.nii.gz --image t1=b.nii.gz --image t2=c.nii.gz --output case.h5",
     "preprocess --cases scans.csv --classes NCR=1,ED=2,ET=4 --output-dir volumes",
     "preprocess --cases pool/cases.tsv --annotations predictions --output-dir annotated",
     "preprocess --cases volumes/cases.tsv --folds 5 --sheet folds.tsv",
     "preprocess --cases volumes/cases.tsv --pool train=34 --split-seed 2 --sheet few.tsv"},
    {"Vadacchino et al. 2021, HAD-Net, MIDL, arXiv:2103.16617 (recipes)"},
    "A case per thread: about 0.2 GiB for four scans of 240 x 240 x 155 voxels. Lower --threads "
    "where memory is short."};

void declare(cli::Options& add, Settings& s) {
  add.group("Scans");
  add.input("manifest", s.from.manifest,
            "description of a data set (data-manifest/*.yaml): layout, channels, label codes");
  add.input("root", s.from.root, "the data set's folder; copies with common faults are accepted");
  add.entries(
      "image", s.from.images,
      "NAME=FILE: one channel of a single case; repeat. NAME,NAME,...=FILE: the volumes of a "
      "4D file");
  add.input("label", s.from.label, "label file of the single case: a scan, or a prediction (.h5)");
  add.input("share", s.from.share,
            "soft labels of the single case: a 4D scan, or a prediction (.h5)");
  add.texts("share-order", s.from.share_order,
            "what the volumes of 4D scans of soft labels are, in their order: all classes, which "
            "must sum to 1, or regions");
  add.input("annotations", s.from.annotations,
            "folder of predictions (<case>.h5, or <case>.nii.gz with <case>_prob.nii.gz) that take "
            "the place of the cases' labels");
  add.texts("classes", s.from.classes,
            "NAME=CODE,...: what label codes mean, where no manifest says it");
  add.toggle("allow-missing", s.from.allow_missing,
             "take cases of --root that lack the file of a channel; their volumes have the others. "
             "In a sheet an empty cell says so");
  cli::declare_reading(add, s.from.ignore_geometry, s.from.nan);
  cli::declare_case_selection(add, s.from.selection);
  add.group("Volumes");
  add.output("output-dir", s.output_dir, "folder for <case>.h5 and cases.tsv");
  add.output("output", s.output, "volume of the single case (.h5)");
  add.input("recipe", s.recipe,
            "store volumes as this recipe (INI) prepares them, fitted on the training cases");
  add.choice("store", s.store, "type of stored intensities", {"f32", "f16"});
  add.toggle("check", s.check,
             "print one line per case (shape, codes, fix-ups) and write nothing; the exit code is "
             "3 when a case was rejected");
  add.group("Splits");
  add.integers("split", s.split,
               "sizes of train, val, test, as in 200,66,69; dealt per stratum in an order that "
               "depends on ids and seed alone",
               {0, 1e6}, 3);
  add.toggle("proportions", s.proportions,
             "split says proportions, as in 335,66,191 of any number of cases");
  add.integer("folds", s.folds, "number of folds; 0 deals none", {0, 1000});
  add.entries("pool", s.pool,
              "SPLIT=HOW: set cases of train, val, test or any apart, whose labels are not to be "
              "seen (column pool): so many, a part of each stratum, or all, as in train=34, "
              "val=0.5, any=all");
  add.text("split-seed", s.split_seed, "seed of the order, any text");
  add.input(
      "columns", s.columns,
      "table with a column case: its split, fold, stratum or other columns go into the sheet, "
      "as in data-manifest/brats-2018-splits.tsv");
  add.output("sheet", s.sheet,
             "only deal a new sheet over the volumes of --cases; experiments with other splits "
             "share volumes");
}

void run(const Settings& s, cli::Context& context) {
  if (!s.check) context.claim_outputs({s.output, s.sheet});
  intake::preprocess(s, context.run());
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }

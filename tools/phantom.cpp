#include "cli/tool.h"
#include "phantom/cohort.h"

namespace {
using namespace kdseg;

using Settings = phantom::CohortSettings;

const cli::Manual manual{
    "phantom",
    "make a synthetic cohort of brain tumors or hearts in the layout of a public data set",
    "Draws patients and scans them. --anatomy brain: heads with gliomas; the four MR sequences "
    "follow from tissue parameters and signal equations, and files have the folders, names, codes "
    "and geometry of BraTS 2018. --anatomy heart: hearts in contrast-enhanced CT and others in "
    "balanced SSFP MR, in the layout of MM-WHS 2017 with its faults: axes that differ between "
    "cases, and the code 421. cohort.json holds seed, settings, sanity gates and checksums. Equal "
    "settings give equal bytes on any number of threads. The scans stand in for data that may not "
    "be shipped: scores on them do not compare with published ones.",
    {"phantom --size small --cases 16 --seed 1 --output-dir synthetic",
     "phantom --grid 48,56,40 --spacing 4 --cases 80 --radius 18,30 --vitality-sigma 8 "
     "--vitality-slope 1.2 --heterogeneity-lesion 0.08 --contrast 0.2 --output-dir teaching",
     "phantom --size tiny --cases 3 --plant odd-seg-name --plant plain-nii=3 --output-dir faulty",
     "phantom --anatomy heart --cases 20 --seed 1 --output-dir synthetic-mm-whs"},
    {"Menze et al. 2015, IEEE TMI 34:1993 (BraTS); Zhuang & Shen 2016, MedIA 31:77 (MM-WHS)",
     "Wansapura et al. 1999, JMRI 9:531; Lu et al. 2005, JMRI 22:13 (relaxation times at 3 T)",
     "Stanisz et al. 2005, MRM 54:507; de Bazelaire et al. 2004, Radiology 230:652 (at 1.5 T)",
     "Rohrer et al. 2005, Invest Radiol 40:715 (relaxivities)",
     "Salmon et al. 2011, SC'11 (counter-based random numbers)"},
    "A patient per thread: about 75 bytes per voxel of the grid, 0.6 GiB for 240 x 240 x 155; "
    "hearts about 40 bytes, 3.5 GiB for a CT of 512 x 512 x 350. Lower --threads where memory is "
    "short."};

/// Declares each row of the table of knobs as an option.
struct KnobOptions {
  cli::Options& add;
  void group(const char* title) { add.group(title); }
  void number(const char* name, double& field, const char* help, double low, double high) {
    add.number(name, field, help, {low, high});
  }
  void integer(const char* name, int64_t& field, const char* help, double low, double high) {
    add.integer(name, field, help, {low, high});
  }
  void range(const char* name, std::vector<double>& field, const char* help, double low,
             double high) {
    add.numbers(name, field, help, {low, high}, 2);
  }
  void choice(const char* name, std::string& field, const char* help,
              std::vector<std::string> words) {
    add.choice(name, field, help, std::move(words));
  }
};

void declare(cli::Options& add, Settings& s) {
  add.group("Cohort");
  add.output("output-dir", s.output_dir, "folder to write");
  add.required("output-dir");
  add.choice("anatomy", s.anatomy, "what is scanned; settings of the other one are refused",
             phantom::anatomy_names());
  add.integer("cases", s.cases, "number of cases; of hearts in each modality, at most 999",
              {1, 9999});
  add.integer(
      "unlabelled", s.unlabelled,
      "the last N cases (hearts: of each modality, as test set) come without a segmentation",
      {0, 9999});
  add.seed("seed", s.seed, "seed of every random number");
  add.choice(
      "size", s.size,
      "grid: tiny 48x48x32 at 4 mm, small 96x112x80 at 2 mm, full 240x240x155 at 1 mm; hearts: "
      "190x180x210 mm at 4 mm, at 1.5 to 2 mm drawn per case, or as in MM-WHS",
      {"tiny", "small", "full"});
  add.integers("grid", s.grid, "voxels along x y z instead of those of --size", {16, 512}, 3);
  add.number("spacing", s.spacing_mm, "voxel size in mm instead of that of --size (0: as there)",
             {0, 8});
  add.choice("gates", s.gates,
             "statistics of a default cohort outside their windows end the run, are reported, or "
             "are not computed",
             {"enforce", "report", "off"});
  add.entries("plant", s.plant,
              "fault to plant, FAULT or FAULT=CASE with the case's number (hearts: CT first). " +
                  phantom::describe_faults());
  add.group("Brain: atlas");
  add.input("atlas-t1", s.atlas_t1,
            "skull-stripped T1 scan to take the anatomy from, e.g. Colin27; otherwise the head is "
            "drawn from ellipsoids and noise");
  add.numbers("atlas-centers", s.atlas_centers,
              "intensities of CSF, gray and white matter in --atlas-t1", {0.001, 1e6}, 3);
  KnobOptions options{add};
  phantom::visit_knobs(s.brain, options);
  phantom::visit_knobs(s.heart, options);
}

void run(const Settings& s, cli::Context& context) {
  phantom::write_cohort(s, context.threads(), *context.claims());
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }

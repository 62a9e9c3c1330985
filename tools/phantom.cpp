#include "cli/tool.h"
#include "phantom/cohort.h"
#include "phantom/faults.h"

namespace {
using namespace kdseg;

using Settings = phantom::CohortSettings;

const cli::Manual manual{
    "phantom",
    "make a synthetic cohort of brain tumors in the layout of BraTS 2018",
    "Draws heads with gliomas, computes the four MR sequences from tissue parameters and signal "
    "equations, and writes scans and segmentations with the folders, names, codes and geometry of "
    "BraTS 2018, and cohort.json with seed, settings, sanity gates and checksums. Equal settings "
    "give equal bytes on any number of threads. The scans stand in for data that may not be "
    "shipped: scores on them do not compare with published ones.",
    {"phantom --size small --cases 16 --seed 1 --output-dir synthetic",
     "phantom --grid 48,56,40 --spacing 4 --cases 80 --radius 18,30 --vitality-sigma 8 "
     "--vitality-slope 1.2 --heterogeneity-lesion 0.08 --contrast 0.2 --output-dir teaching",
     "phantom --size tiny --cases 3 --plant odd-seg-name --plant plain-nii=3 --output-dir faulty"},
    {"Menze et al. 2015, IEEE TMI 34:1993 (BraTS)",
     "Wansapura et al. 1999, JMRI 9:531; Lu et al. 2005, JMRI 22:13 (relaxation times at 3 T)",
     "Rohrer et al. 2005, Invest Radiol 40:715 (relaxivities)",
     "Salmon et al. 2011, SC'11 (counter-based random numbers)"},
    "A head per thread: about 75 bytes per voxel of the grid, 0.6 GiB for 240 x 240 x 155. Lower "
    "--threads where memory is short."};

/// Declares each row of the table of knobs as an option.
struct KnobOptions {
  cli::Options& add;
  void group(phantom::KnobGroup g) { add.group(phantom::title_of(g)); }
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
  add.choice("anatomy", s.anatomy, "what is scanned", {"brain"});
  add.integer("cases", s.cases, "number of cases", {1, 9999});
  add.integer("unlabelled", s.unlabelled, "the last N cases come without a segmentation",
              {0, 9999});
  add.seed("seed", s.seed, "seed of every random number");
  add.choice("size", s.size,
             "grid: tiny 48x48x32 at 4 mm, small 96x112x80 at 2 mm, full 240x240x155 at 1 mm",
             {"tiny", "small", "full"});
  add.integers("grid", s.grid, "voxels along x y z instead of those of --size", {16, 512}, 3);
  add.number("spacing", s.spacing_mm, "voxel size in mm instead of that of --size (0: as there)",
             {0, 8});
  add.choice("gates", s.gates,
             "statistics of a default cohort outside their windows end the run, are reported, or "
             "are not computed",
             {"enforce", "report", "off"});
  add.entries(
      "plant", s.plant,
      "fault to plant, FAULT or FAULT=CASE with the case's number. " + phantom::describe_faults());
  add.input("atlas-t1", s.atlas_t1,
            "skull-stripped T1 scan to take the anatomy from, e.g. Colin27; otherwise the head is "
            "drawn from ellipsoids and noise");
  add.numbers("atlas-centers", s.atlas_centers,
              "intensities of CSF, gray and white matter in --atlas-t1", {0.001, 1e6}, 3);
  KnobOptions options{add};
  phantom::visit_knobs(s.knobs, options);
}

void run(const Settings& s, cli::Context& context) {
  phantom::write_cohort(s, context.threads(), *context.claims());
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }

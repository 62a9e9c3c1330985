#include <cstdio>

#include "cli/tool.h"
#include "labeling/sample_cases.h"
#include "labeling_options.h"

namespace {
using namespace kdseg;

struct Settings {
  labeling::LabelSettings labels;
  labeling::SamplingSettings sampling;
  Settings() { labels.probability = true; }
};

const cli::Manual manual{
    "mcdropout",
    "predict cases with dropout on: mean, label and uncertainty",
    "Runs a network many times with dropout on and averages the probabilities (Monte Carlo "
    "dropout). Writes the mean, its label and an uncertainty per region: 0 is certain; 100 is the "
    "entropy of a coin, or of equal classes. Inputs, windows and files are those of "
    "ensemble-label. What lies before the network's first dropout is computed once per case, and "
    "no more memory is used for more samples. A sample's dropped channels follow from --seed, the "
    "case and the number of the sample; a case of explicit scans is named after its output. "
    "Under windows all samples of a window are averaged, the means are blended, and the "
    "uncertainty is that of the blended mean. Interrupted runs over many cases continue with the "
    "same command.",
    {"mcdropout --model student.h5 --cases volumes/cases.tsv --where split=test "
     "--output-dir uncertainty",
     "mcdropout --model student.h5 --input case.h5 --output case-uncertainty.h5 --samples 20 "
     "--maps mutual-information",
     "mcdropout --model student.h5 --image flair=a.nii.gz --image t1=b.nii.gz "
     "--image t2=c.nii.gz --output segmentation.nii.gz"},
    {"Gal & Ghahramani 2016, Dropout as a Bayesian approximation, ICML",
     "Mehta et al. 2022, QU-BraTS, MELBA 1 (uncertainties of 0 to 100 by region)",
     "Vadacchino et al. 2021, HAD-Net, MIDL (100 samples, entropy)"},
    "--describe measures what a pass needs, on the smallest input the network takes, and prints it "
    "for a whole prepared volume or a window. --samples-at-once are held together; how many are "
    "drawn does not matter. A sample that needs more than --memory-limit "
    "is refused; smaller windows (--window) need less."};

void declare(cli::Options& add, Settings& s) {
  add.group("Network");
  add.inputs("model", s.labels.models, "checkpoint of a network with dropout");
  declare_network_name(add, s.labels);
  declare_labeled_cases(add, s.labels);
  add.group("Sampling");
  add.integer("samples", s.sampling.samples, "passes with dropout per case",
              {.low = 1, .high = 1000000});
  add.integer("samples-at-once", s.sampling.at_once,
              "samples in one pass; 0: one on the CPU, eight on a GPU or as many as --memory-limit "
              "lets",
              {.low = 0});
  add.choice("entropy", s.sampling.entropy,
             "region-binary: of a voxel lying in the region or not; multiclass: of all classes, "
             "the same for every region",
             {"region-binary", "multiclass"});
  add.choice("normalize", s.sampling.normalize,
             "what 0 and 100 mean: theory: no entropy and the largest possible; minmax-case, "
             "minmax-set: the least and the largest value of the case, or of all selected cases",
             {"theory", "minmax-case", "minmax-set"});
  add.choice("label-from", s.sampling.label_from,
             "decode the mean probabilities, or those of one pass without dropout",
             {"mean", "deterministic"});
  add.texts("maps", s.sampling.maps,
            "further maps of 0 to 100: class-entropy (each class against the rest), "
            "mutual-information (of prediction and weights, by region: what more training cases "
            "could take away)");
  add.group("Predictions");
  add.output("output", s.labels.output,
             "prediction of a single case: .h5, or .nii, .nii.gz with label codes on the scan's "
             "own grid and the maps beside it as <name>_uncertainty.nii.gz");
  add.output("output-dir", s.labels.output_dir, "folder for <case>.h5");
  add.toggle("nifti", s.labels.nifti,
             "write <case>.nii.gz and <case>_uncertainty.nii.gz into --output-dir instead");
  add.toggle("probability", s.labels.probability,
             "keep mean probabilities: in the .h5, or beside label files as <name>_prob.nii.gz");
  declare_windows(add, s.labels);
  cli::declare_tensor(add, s.labels.tensor, cli::Computes::predictions);
}

void run(const Settings& s, cli::Context& context) {
  if (s.labels.tensor.describe) {
    std::fputs(labeling::describe_sampling(s.labels, s.sampling, context.threads()).c_str(),
               stdout);
    return;
  }
  labeling::sample_cases(s.labels, s.sampling, context.run());
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }

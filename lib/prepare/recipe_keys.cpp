#include "prepare/recipe.h"

namespace kdseg::prepare {
namespace {

using Kind = Parameter::Kind;

const std::vector<Parameter>& declared() {
  static const std::vector<Parameter> keys{
      {.name = "name",
       .kind = Kind::text,
       .initial = "plain",
       .help = "name of the recipe: letters, digits and . _ -",
       .choices = {}},
      {.name = "orientation",
       .kind = Kind::text,
       .initial = "LPS",
       .help = "directions in which x, y and z increase (HAD-Net, official code: LAS, which "
               "reverses y of BraTS scans)",
       .choices = {}},
      {.name = "mask-channels",
       .kind = Kind::texts,
       .initial = "any",
       .help = "the mask, in which intensities are measured, is where all of these are non-zero: "
               "name the channels that every later case has too (HAD-Net, official code: flair "
               "t1ce t1 t2); any: whichever a case has",
       .choices = {}},
      {.name = "crop",
       .kind = Kind::choice,
       .initial = "none",
       .help = "mask-box: tight box of the mask (HAD-Net, official code); center: center of the "
               "scan's full grid (HAD-Net, appendix C; KD-Net); content: box of the voxels that "
               "are non-zero in "
               "any mask channel (U-HVED); labels: squares around the labelled voxels (MKD); none: "
               "as the volume comes",
       .choices = {"mask-box", "center", "content", "labels", "none"}},
      {.name = "spacing",
       .kind = Kind::text,
       .initial = "keep",
       .help = "x y z mm that volumes are resampled to before they are cropped, images linearly, "
               "labels by nearest neighbor; keep: none (MKD: 1 1 1)",
       .choices = {}},
      {.name = "crop-source",
       .kind = Kind::choice,
       .initial = "label",
       .help = "crop = labels goes by the case's label, wherever it comes from (a mask given to "
               "preprocess as --label serves); image-center: crop-size voxels around the middle of "
               "the scan; label-or-center: where there is a label by that",
       .choices = {"label", "image-center", "label-or-center"}},
      {.name = "crop-factor",
       .kind = Kind::number,
       .initial = "1.25",
       .help = "side of the square in multiples of the larger extent of what is labelled, x and y",
       .low = 0.5,
       .high = 10,
       .choices = {}},
      {.name = "crop-slices",
       .kind = Kind::integer,
       .initial = "8",
       .help = "slices kept above and below what is labelled, as far as the scan reaches",
       .low = 0,
       .high = 4096,
       .choices = {}},
      {.name = "crop-size",
       .kind = Kind::text,
       .initial = "none",
       .help = "side and number of slices, voxels, of a crop around the middle of the scan",
       .choices = {}},
      {.name = "center-rest",
       .kind = Kind::choice,
       .initial = "front",
       .help = "crop = center cuts an odd number of voxels: the one more in front (official code), "
               "or behind, so that the crop starts at floor((scan - size) / 2) (KD-Net)",
       .choices = {"front", "behind"}},
      {.name = "least-size",
       .kind = Kind::integer,
       .initial = "128",
       .help = "crop = content widens axes of fewer voxels, as far as the scan reaches (U-HVED, "
               "official code: 128)",
       .low = 1,
       .high = 4096,
       .choices = {}},
      {.name = "widening",
       .kind = Kind::choice,
       .initial = "around",
       .help = "how least-size widens an axis that ends at the scan's border: around its middle, "
               "what lies beyond the scan is missing (U-HVED, official code); inside: it begins "
               "earlier, so that no voxel is missing where the scan has enough",
       .choices = {"around", "inside"}},
      {.name = "padding",
       .kind = Kind::integer,
       .initial = "0",
       .help = "voxels added on every side after the crop, with the minimum of the line that they "
               "lengthen (U-HVED, official code: 10)",
       .low = 0,
       .high = 1024,
       .choices = {}},
      {.name = "size",
       .kind = Kind::text,
       .initial = "fit",
       .help = "x y z voxels to pad or cut to; fit: the largest crop of the training cases, "
               "rounded up (HAD-Net, realized value: 160 192 160); any: as cropped and padded, "
               "for training on patches",
       .choices = {}},
      {.name = "sizing",
       .kind = Kind::choice,
       .initial = "center",
       .help = "how a volume comes to its size: center pads or cuts around the middle; resample "
               "stretches it along every axis, linearly, labels by nearest neighbor (Lachinov et "
               "al. 2018, code)",
       .choices = {"center", "resample"}},
      {.name = "size-multiple",
       .kind = Kind::integer,
       .initial = "16",
       .help = "a fitted size is a multiple of this many voxels",
       .low = 1,
       .high = 1024,
       .choices = {}},
      {.name = "equal-axes",
       .kind = Kind::texts,
       .initial = "none",
       .help = "axes of a fitted size that share the larger value, or none (HAD-Net, official "
               "code: x z)",
       .choices = {}},
      {.name = "intensity",
       .kind = Kind::choice,
       .initial = "z-score",
       .help =
           "z-score: over the mask (HAD-Net, paper); clip-rescale: z-score, cut above clip-sigma, "
           "then to [0, 1] (HAD-Net, official code); histogram: standardized by landmarks, then "
           "z-score, "
           "over the foreground of all mask channels (U-HVED, official code); z-score-nonzero: "
           "each "
           "channel over its own non-zero voxels, zeros stay (KD-Net); range: cut above "
           "clip-percentile, z-score over the whole crop, then by ranges to [-1, 1] (MKD); none: "
           "as "
           "they are",
       .choices = {"clip-rescale", "z-score", "histogram", "z-score-nonzero", "range", "none"}},
      {.name = "clip-percentile",
       .kind = Kind::number,
       .initial = "98",
       .help = "upper limit of intensity = range, percentile of the crop; 100: none",
       .low = 1,
       .high = 100,
       .choices = {}},
      {.name = "ranges",
       .kind = Kind::text,
       .initial = "fit",
       .help =
           "z-scores that become -1 and 1: each channel followed by two numbers (public code of "
           "SIFA: mr -1.8 4.4 ct -2.8 3.2); fit: least and greatest of the training cases",
       .choices = {}},
      {.name = "statistics",
       .kind = Kind::choice,
       .initial = "crop",
       .help = "intensity = z-score-nonzero measures in the cropped volume, or in the whole one "
               "(source)",
       .choices = {"crop", "source"}},
      {.name = "landmarks",
       .kind = Kind::text,
       .initial = "published",
       .help =
           "of intensity = histogram: published (t1, t1ce, t2 and flair of BraTS 2018, official "
           "code of U-HVED); from-train: learnt from the training cases; or each channel "
           "followed by its 13 values",
       .choices = {}},
      {.name = "clip-sigma",
       .kind = Kind::number,
       .initial = "3",
       .help = "upper limit of clip-rescale in standard deviations (HAD-Net, official code: 3)",
       .low = 0.1,
       .high = 1000,
       .choices = {}},
      {.name = "negative",
       .kind = Kind::choice,
       .initial = "keep",
       .help = "negative voxels: keep, or absolute values, with a warning (HAD-Net, official code)",
       .choices = {"absolute", "keep"}},
      {.name = "truncate",
       .kind = Kind::toggle,
       .initial = "off",
       .help = "cut off fractions of intensities before anything is measured, 0 to 65535 (HAD-Net, "
               "official code: a cast to uint16)",
       .choices = {}},
      {.name = "outside",
       .kind = Kind::choice,
       .initial = "keep",
       .help = "voxels outside the mask: keep, or zero (HAD-Net, paper)",
       .choices = {"keep", "zero"}},
      {.name = "apply-mask",
       .kind = Kind::choice,
       .initial = "never",
       .help = "when the finished image is multiplied by the mask: only augmented images (HAD-Net, "
               "official code, pre-training), always, never",
       .choices = {"augmented-only", "always", "never"}},
      {.name = "subsample",
       .kind = Kind::choice,
       .initial = "none",
       .help = "halve the finished volume: stride2 keeps every other voxel, the first one on; "
               "avgpool2 takes the mean of 2x2x2 voxels, and the first label of each (KD-Net)",
       .choices = {"none", "stride2", "avgpool2"}},
      {.name = "slice-size",
       .kind = Kind::text,
       .initial = "keep",
       .help =
           "x y voxels that finished slices are stretched to, images linearly, labels by nearest "
           "neighbor; keep: as they are (MKD: 256 256)",
       .choices = {}},
      {.name = "offsets",
       .kind = Kind::choice,
       .initial = "stored",
       .help = "way back from a mask-box: the stored box, or margins recomputed per channel, which "
               "refuses cases where the two differ (official code)",
       .choices = {"stored", "margins"}},
  };
  return keys;
}

}  // namespace

std::span<const Parameter> recipe_parameters() { return declared(); }

}  // namespace kdseg::prepare

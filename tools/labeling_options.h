// Options that ensemble-label and mcdropout share: cases, outputs, windows.
#pragma once
#include "cli/shared_options.h"
#include "labeling/settings.h"

namespace kdseg {

inline void declare_network_name(cli::Options& add, labeling::LabelSettings& s) {
  add.text("network", s.network,
           "network, or named mean of networks, of checkpoints that hold several; none: the file's "
           "default");
}

inline void declare_labeled_cases(cli::Options& add, labeling::LabelSettings& s) {
  add.group("Cases");
  add.input("input", s.input, "one stored volume (.h5)");
  add.entries(
      "image", s.from.images,
      "NAME=FILE: one scan of a single case; repeat. NAME,NAME,...=FILE: the volumes of a 4D "
      "file");
  add.input("label", s.from.label, "label file of that case, which widens its box");
  add.texts("classes", s.from.classes,
            "NAME=CODE,...: what label codes mean, where no manifest says it");
  add.input("manifest", s.from.manifest, "description of a data set (data-manifest/*.yaml)");
  add.input("root", s.from.root, "the data set's folder");
  add.entries("channels", s.channels,
              "NAME=INPUT: what the input calls a network's channel, as in t1ce=T1C; repeat");
  add.toggle("allow-missing", s.from.allow_missing,
             "take cases of --root that lack the file of a channel, if no network needs it");
  cli::declare_reading(add, s.from.ignore_geometry, s.from.nan);
  cli::declare_case_selection(add, s.from.selection);
}

inline void declare_windows(cli::Options& add, labeling::LabelSettings& s) {
  add.group("Windows");
  add.integers("window", s.window,
               "size of sliding windows, x y z voxels (of slices: x y 1); none: as the checkpoint "
               "says",
               {.low = 1}, 3);
  add.number("overlap", s.overlap, "fraction of a window shared with its neighbor, with --window",
             {.low = 0, .high = 0.95});
  add.choice("window-weights", s.weights,
             "gaussian counts voxels near a window's border least, plain counts all alike, center "
             "leaves half of what neighbors share out on either side",
             {"gaussian", "plain", "center"});
}

}  // namespace kdseg

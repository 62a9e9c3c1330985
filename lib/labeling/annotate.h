// Volumes whose labels are what networks predict: the pool of cases that a student learns from.
#pragma once
#include "base/volume.h"
#include "io/prediction_file.h"

namespace kdseg::labeling {

/// The volume with the prediction in place of its own label: its classes, its regions and, where it
/// holds probabilities, these as soft labels. Nothing of the volume's own label is left.
Volume annotated(Volume volume, io::Prediction prediction);

}  // namespace kdseg::labeling

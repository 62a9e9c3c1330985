#include "phantom/brain/brain_case.h"

#include <algorithm>

namespace kdseg::phantom {

BrainCase make_brain_case(const Head& head, const Grid& grid, const BrainKnobs& knobs,
                          uint64_t seed, uint64_t index, const CaseOptions& options) {
  const Frame frame = frame_for(grid, head);
  Anatomy anatomy = make_anatomy(head, frame, knobs, seed, index);
  BrainCase made;
  made.plan = plan_tumor(anatomy, frame, knobs, seed, index);
  made.plan.without_enhancement |= options.without_enhancement;
  if (knobs.mass_effect > 0) {
    // The push ends before the skull, which does not give way.
    const double radius = made.plan.radius_mm;
    const Push push{made.plan.center, radius, std::max(made.plan.surface_mm, 1.6 * radius),
                    knobs.mass_effect * radius};
    anatomy = make_anatomy(head, frame, knobs, seed, index, push);
  }
  const Tumor tumor = make_tumor(made.plan, anatomy, frame, knobs, seed, index);
  const auto vessels = make_vessels(anatomy, tumor, frame, knobs, seed, index);
  made.scans =
      acquire(anatomy, tumor, made.plan, vessels, frame, knobs, seed, index, options.thickness_mm);
  made.label = noisy_labels(tumor.label, knobs, seed, index);
  return made;
}

}  // namespace kdseg::phantom

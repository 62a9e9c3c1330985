#include "base/contract.h"

namespace kdseg {

Head softmax_head(const ClassTable& classes) {
  Head head;
  head.names = classes.names;
  head.codes = classes.codes;
  for (size_t k = 0; k < classes.names.size(); ++k)
    head.classes_of.push_back({static_cast<int>(k)});
  return head;
}

}  // namespace kdseg

#include "methods/procedures.h"

#include "base/errors.h"
#include "base/text.h"
#include "methods/mutual.h"
#include "methods/single_network.h"
#include "methods/unpaired.h"

namespace kdseg::methods {

const std::vector<ProcedureRow>& procedures() {
  static const std::vector<ProcedureRow> rows{
      {"supervised", "training from labels alone", "", {}, make_supervised},
      {"teacher-student",
       "a student learns from labels and a frozen teacher, through loss terms and an adversary",
       "HAD-Net, Vadacchino et al. 2021, arXiv:2103.16617",
       {{"teacher-dropout",
         Parameter::Kind::toggle,
         "on",
         "dropout in the frozen teacher while the student trains (HAD-Net, official code)",
         -1e300,
         1e300,
         {}}},
       make_teacher_student},
      {"mutual",
       "networks that learn from labels of one or more streams ([supervise.NAME]), and from each "
       "other or from frozen ones ([distil.NAME])",
       "Zhang et al. 2018, arXiv:1706.00384; Li et al. 2020, arXiv:2010.01532",
       {},
       make_mutual},
      {"unpaired",
       "as mutual, with generators that translate between two streams ([translation]) and learn in "
       "the same iterations: lessons of the streams a>t and t>a see translated images",
       "Li et al. 2020, arXiv:2010.01532, algorithm 1",
       {},
       make_unpaired},
      {"alignment",
       "the generators alone, and networks that guide them (program cyclegan-align)",
       "Zhu et al. 2017, arXiv:1703.10593; Chen et al. 2019, arXiv:1901.08211",
       {},
       make_alignment},
  };
  return rows;
}

std::unique_ptr<Method> make_method(const std::string& procedure, const Setup& setup) {
  std::vector<std::string> names;
  for (const auto& row : procedures()) {
    if (row.name == procedure) return row.build(setup);
    names.push_back(row.name);
  }
  throw UsageError("unknown procedure '{}'{}", procedure, did_you_mean(procedure, names));
}

}  // namespace kdseg::methods

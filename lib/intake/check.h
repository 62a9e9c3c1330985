// A look at every case without writing anything.
#pragma once
#include "intake/case_list.h"

namespace kdseg::intake {

/// Prints a tab-separated table to stdout, one line per case: what was found, shape, codes present,
/// fix-ups. Every case is read as for a real run. \throws DataError  after the table, when a case
/// was rejected
void check_cases(const CaseList& list, int threads);

}  // namespace kdseg::intake

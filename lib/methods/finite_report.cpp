#include "methods/finite_report.h"

#include <ATen/ops/stack.h>

#include <cmath>

#include "base/text.h"

namespace kdseg::methods {

Report finite_report(const NamedScalars& scalars, const StepInfo& info,
                     const std::vector<std::string>& cases) {
  std::vector<at::Tensor> values;
  for (const auto& [name, value] : scalars) values.push_back(value.detach().to(at::kDouble));
  Report report;
  if (values.empty()) return report;
  const at::Tensor fetched = at::stack(values).cpu();
  const double* v = fetched.const_data_ptr<double>();
  for (size_t i = 0; i < scalars.size(); ++i) {
    if (!std::isfinite(v[i]))
      throw NonFinite(
          "{} is {} at step {} (epoch {}, case {}); try a lower --learning-rate or --precision "
          "fp32",
          scalars[i].first, v[i], info.step, info.epoch, join(cases));
    report[scalars[i].first] = v[i];
  }
  return report;
}

}  // namespace kdseg::methods

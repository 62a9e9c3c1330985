// Loss terms and their weighted sum.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "tensor/types.h"

namespace kdseg::losses {

/// What a term may look at. Teacher and target are null where the method has none.
struct Evidence {
  const tensor::Input& input;
  const tensor::Output& student;
  const tensor::Output* teacher = nullptr;
  const tensor::Target* target = nullptr;
  const Head& head;
  int64_t epoch = 0;                      ///< for weights that decay
  int64_t epochs = 1;                     ///< length of the run
  std::span<const at::Tensor> weights{};  ///< of the student's convolutions, for needs_weights
};

struct Term {
  std::string name;
  double weight = 1.0;
  std::vector<std::string> student_needs, teacher_needs;  ///< extras to ask the networks for
  bool needs_teacher = false, needs_target = false;
  bool needs_image = false;                          ///< looks at Target::image
  bool needs_weights = false;                        ///< looks at Evidence::weights
  std::function<at::Tensor(const Evidence&)> value;  ///< scalar, float32
};

struct TermRow {
  std::string name, summary, source;
  std::vector<Parameter> parameters;  ///< without `weight`, which every term has
  std::function<Term(const Parameters&)> build;
};

const std::vector<TermRow>& terms();

/// The weighted sum of the [term.NAME] sections, in their order. A section name may carry a suffix
/// after ':' (term.dice:teacher) so that one row is used twice.
class Objective {
 public:
  /// \throws UsageError  unknown term (nearest named), unknown key, value out of range
  explicit Objective(std::span<const Section> sections);

  using Choice = std::function<bool(const Term&)>;

  /// Sum of weight * value; each unweighted value is also put into `parts` under its name.
  /// Undefined where `chosen` leaves no term.
  at::Tensor value(const Evidence& evidence,
                   std::vector<std::pair<std::string, at::Tensor>>* parts = nullptr,
                   const Choice& chosen = {}) const;

  std::vector<std::string> student_needs() const, teacher_needs() const;
  bool needs_teacher() const, needs_target() const, needs_image() const, needs_weights() const;
  const std::vector<Term>& terms() const { return terms_; }
  std::vector<Section> resolved() const { return resolved_; }

 private:
  std::vector<Term> terms_;
  std::vector<Section> resolved_;
};

}  // namespace kdseg::losses

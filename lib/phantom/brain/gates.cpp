#include "phantom/brain/gates.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace kdseg::phantom {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int64_t most_voxels = 20000;

bool any_of(const std::vector<uint8_t>& codes, uint8_t code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

struct Moments {
  double count = 0;
  std::vector<double> sum, product;  ///< n, n x n
  explicit Moments(size_t n) : sum(n), product(n * n) {}
  void add(const std::vector<double>& x) {
    ++count;
    for (size_t i = 0; i < x.size(); ++i) {
      sum[i] += x[i];
      for (size_t j = 0; j < x.size(); ++j) product[i * x.size() + j] += x[i] * x[j];
    }
  }
  void add(const Moments& other, double sign) {
    count += sign * other.count;
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += sign * other.sum[i];
    for (size_t i = 0; i < product.size(); ++i) product[i] += sign * other.product[i];
  }
};

/// Solves the symmetric positive definite system a x = b by Gaussian elimination with pivoting.
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t r = k + 1; r < n; ++r)
      if (std::abs(a[r * n + k]) > std::abs(a[pivot * n + k])) pivot = r;
    for (size_t c = 0; c < n; ++c) std::swap(a[k * n + c], a[pivot * n + c]);
    std::swap(b[k], b[pivot]);
    for (size_t r = k + 1; r < n; ++r) {
      const double f = a[r * n + k] / a[k * n + k];
      for (size_t c = k; c < n; ++c) a[r * n + c] -= f * a[k * n + c];
      b[r] -= f * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t c = k + 1; c < n; ++c) b[k] -= a[k * n + c] * b[c];
    b[k] /= a[k * n + k];
  }
  return b;
}

/// Weights of Fisher's linear discriminant: pooled covariance^-1 (mean of positives - negatives).
std::vector<double> discriminant(const Moments& positive, const Moments& negative) {
  const size_t n = positive.sum.size();
  std::vector<double> covariance(n * n), difference(n);
  for (size_t i = 0; i < n; ++i) {
    difference[i] = positive.sum[i] / positive.count - negative.sum[i] / negative.count;
    for (size_t j = 0; j < n; ++j)
      for (const Moments* m : {&positive, &negative})
        covariance[i * n + j] += m->product[i * n + j] - m->sum[i] * m->sum[j] / m->count;
  }
  for (size_t i = 0; i < n; ++i) covariance[i * n + i] += 1e-9 * (positive.count + negative.count);
  return solve(covariance, difference);
}

/// Mean over the high-grade cases that have the code of the case's mean z.
double mean_z(const std::vector<CaseStatistics>& cases, uint8_t code, int sequence) {
  double total = 0, count = 0;
  for (const auto& c : cases) {
    if (!c.high_grade) continue;
    double sum = 0, n = 0;
    for (size_t i = 0; i < c.code.size(); ++i)
      if (c.code[i] == code) {
        sum += c.voxel[i][static_cast<size_t>(sequence)];
        ++n;
      }
    if (n == 0) continue;
    total += sum / n;
    ++count;
  }
  return count ? total / count : nan;
}

double whole_tumor_auc(const std::vector<CaseStatistics>& cases, int sequence) {
  std::vector<float> tumor, healthy;
  for (const auto& c : cases)
    for (size_t i = 0; i < c.code.size(); ++i)
      (c.code[i] ? tumor : healthy).push_back(c.voxel[i][static_cast<size_t>(sequence)]);
  return area_under_curve(tumor, healthy);
}

}  // namespace

CaseStatistics statistics_of(const Scans& scans, const std::vector<uint8_t>& label,
                             const Grid& grid, bool high_grade) {
  CaseStatistics s;
  s.high_grade = high_grade;
  std::array<double, sequences> mean{}, deviation{};
  int64_t brain = 0, tumor = 0;
  for (size_t i = 0; i < label.size(); ++i) {
    const bool here = scans[0][i] != 0;
    for (int k = 1; k < sequences; ++k) s.one_mask &= (scans[k][i] != 0) == here;
    const uint8_t code = label[i];
    s.labels_inside &=
        code == 0 || (here && (code == code_ncr || code == code_ed || code == code_et));
    if (code == code_ncr) s.volume_ml[0] += grid.voxel_volume_ml();
    if (code == code_ed) s.volume_ml[1] += grid.voxel_volume_ml();
    if (code == code_et) s.volume_ml[2] += grid.voxel_volume_ml();
    tumor += code != 0;
    if (!here) continue;
    ++brain;
    for (int k = 0; k < sequences; ++k) {
      mean[k] += scans[k][i];
      deviation[k] += static_cast<double>(scans[k][i]) * scans[k][i];
    }
  }
  if (brain == 0) return s;
  for (int k = 0; k < sequences; ++k) {
    mean[k] /= static_cast<double>(brain);
    deviation[k] =
        std::sqrt(std::max(deviation[k] / static_cast<double>(brain) - mean[k] * mean[k], 1e-12));
  }
  const int64_t tumor_stride = 1 + tumor / most_voxels, healthy_stride = 1 + brain / most_voxels;
  int64_t tumor_seen = 0, healthy_seen = 0;
  for (size_t i = 0; i < label.size(); ++i) {
    if (scans[0][i] == 0) continue;
    const bool keep =
        label[i] ? tumor_seen++ % tumor_stride == 0 : healthy_seen++ % healthy_stride == 0;
    if (!keep) continue;
    std::array<float, sequences> z;
    for (int k = 0; k < sequences; ++k)
      z[k] = static_cast<float>((scans[k][i] - mean[k]) / deviation[k]);
    s.voxel.push_back(z);
    s.code.push_back(label[i]);
  }
  return s;
}

double area_under_curve(const std::vector<float>& positive, const std::vector<float>& negative) {
  if (positive.empty() || negative.empty()) return nan;
  auto sorted = negative;
  std::sort(sorted.begin(), sorted.end());
  double below = 0;
  for (float p : positive) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), p);
    below += static_cast<double>(first - sorted.begin()) + 0.5 * static_cast<double>(last - first);
  }
  return below / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

double discriminant_auc(const std::vector<CaseStatistics>& cases,
                        const std::vector<uint8_t>& positive, const std::vector<uint8_t>& negative,
                        const std::vector<int>& sequence) {
  const size_t n = sequence.size();
  std::vector<Moments> of_positive(cases.size(), Moments(n)), of_negative(cases.size(), Moments(n));
  Moments all_positive(n), all_negative(n);
  std::vector<double> x(n);
  const auto take = [&](const CaseStatistics& c, size_t i) {
    for (size_t k = 0; k < n; ++k) x[k] = c.voxel[i][static_cast<size_t>(sequence[k])];
  };
  for (size_t c = 0; c < cases.size(); ++c) {
    for (size_t i = 0; i < cases[c].code.size(); ++i) {
      if (any_of(positive, cases[c].code[i])) {
        take(cases[c], i);
        of_positive[c].add(x);
      } else if (any_of(negative, cases[c].code[i])) {
        take(cases[c], i);
        of_negative[c].add(x);
      }
    }
    all_positive.add(of_positive[c], 1);
    all_negative.add(of_negative[c], 1);
  }
  std::vector<float> up, down;
  for (size_t c = 0; c < cases.size(); ++c) {
    Moments p = all_positive, q = all_negative;
    p.add(of_positive[c], -1);
    q.add(of_negative[c], -1);
    if (p.count < 1 || q.count < 1) return nan;
    const auto weight = discriminant(p, q);
    for (size_t i = 0; i < cases[c].code.size(); ++i) {
      const bool is_positive = any_of(positive, cases[c].code[i]);
      if (!is_positive && !any_of(negative, cases[c].code[i])) continue;
      take(cases[c], i);
      double score = 0;
      for (size_t k = 0; k < n; ++k) score += weight[k] * x[k];
      (is_positive ? up : down).push_back(static_cast<float>(score));
    }
  }
  return area_under_curve(up, down);
}

std::vector<Gate> evaluate_gates(const std::vector<CaseStatistics>& cases, const BrainKnobs& knobs,
                                 bool natural_head) {
  const bool enough = cases.size() >= 16 && natural_head;
  const bool shapes =
      enough && at_default(knobs, BrainGroup::anatomy) && at_default(knobs, BrainGroup::tumor);
  const bool images =
      shapes && at_default(knobs, BrainGroup::tissue) && at_default(knobs, BrainGroup::scanner);

  const double et_t1ce = mean_z(cases, code_et, t1ce), ed_t1ce = mean_z(cases, code_ed, t1ce),
               ncr_t1ce = mean_z(cases, code_ncr, t1ce);
  const double by_flair = whole_tumor_auc(cases, flair), by_t2 = whole_tumor_auc(cases, t2),
               by_t1 = whole_tumor_auc(cases, t1);
  std::vector<CaseStatistics> high_grade;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(high_grade),
               [](const CaseStatistics& c) { return c.high_grade; });
  std::array<std::vector<double>, 3> volumes;
  double without_et = 0, clean = 1;
  for (const auto& c : cases) {
    for (size_t k = 0; k < 3; ++k) volumes[k].push_back(c.volume_ml[k]);
    without_et += !c.high_grade && c.volume_ml[2] < 0.1;
    clean = std::min(clean, c.one_mask && c.labels_inside ? 1.0 : 0.0);
  }
  return {
      {"ed-z-t2", "mean z of edema on T2, high grade", mean_z(cases, code_ed, t2), 0.2, infinity,
       images},
      {"ed-z-flair", "mean z of edema on FLAIR, high grade", mean_z(cases, code_ed, flair), 1.0,
       infinity, images},
      {"et-z-t1ce", "mean z of enhancing tumor on T1ce, high grade", et_t1ce, 0.9, 2.8, images},
      {"et-minus-ed-z-t1ce", "enhancing tumor minus edema on T1ce", et_t1ce - ed_t1ce, 0.8,
       infinity, images},
      {"ncr-minus-et-z-t1ce", "necrosis minus enhancing tumor on T1ce", ncr_t1ce - et_t1ce,
       -infinity, -0.8, images},
      {"wt-auc-flair", "whole tumor against the rest of the brain by FLAIR alone", by_flair, 0.85,
       1, images},
      {"wt-auc-flair-lead", "the same, minus the better of T2 alone and T1 alone",
       by_flair - std::max(by_t2, by_t1), 0, 1, images},
      {"et-auc-all", "enhancing against other tumor by all four sequences, high grade",
       discriminant_auc(high_grade, {code_et}, {code_ncr, code_ed}, {flair, t1, t1ce, t2}), 0.94, 1,
       images},
      {"et-ncr-auc-without-t1ce", "enhancing tumor against necrosis without T1ce, high grade",
       discriminant_auc(high_grade, {code_et}, {code_ncr}, {flair, t1, t2}), 0.55, 0.90, images},
      {"median-ml-ncr", "median volume of code 1, ml", median(volumes[0]), 4, 30, shapes},
      {"median-ml-ed", "median volume of code 2, ml", median(volumes[1]), 20, 110, shapes},
      {"median-ml-et", "median volume of code 4, ml", median(volumes[2]), 5, 40, shapes},
      {"lgg-without-et", "low-grade cases with less than 0.1 ml of enhancing tumor", without_et, 1,
       infinity, shapes},
      {"clean", "1: one mask for all sequences, labels inside it with codes 0 1 2 4", clean, 1, 1,
       true},
  };
}

}  // namespace kdseg::phantom

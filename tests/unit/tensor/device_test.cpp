#include "tensor/device.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::tensor {
namespace {

using ::testing::HasSubstr;

TEST(Device, CpuIsAlwaysThere) {
  EXPECT_EQ(open_device("cpu"), at::Device(at::kCPU));
  EXPECT_EQ(describe(at::kCPU), "cpu");
}

TEST(Device, AutoOpensSomething) {
  const at::Device device = open_device("auto");
  EXPECT_TRUE(device.is_cpu() || device.is_cuda());
  EXPECT_EQ(at::ones({3}, device).sum().item<float>(), 3.0f);
}

TEST(Device, RefusesUnknownNames) {
  for (const char* name : {"gpu", "", "cuda:", "cuda:-1", "cuda:x", "CPU"})
    EXPECT_THROW(open_device(name), UsageError) << name;
}

TEST(Device, SaysWhatIsMissing) {
  if (open_device("auto").is_cuda()) GTEST_SKIP() << "this machine has a usable GPU";
  try {
    open_device("cuda");
    FAIL() << "expected UsageError";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(),
                ::testing::AnyOf(HasSubstr("driver"), HasSubstr("GPU"), HasSubstr("library")));
    EXPECT_THAT(error.what(), HasSubstr("--device cpu"));
  }
}

TEST(Device, NamesTheGpu) {
  const at::Device device = open_device("auto");
  if (device.is_cpu()) GTEST_SKIP() << "no usable GPU on this machine";
  EXPECT_THAT(describe(device), HasSubstr("cuda:0 "));
}

TEST(Precision, NamesAndTypes) {
  EXPECT_EQ(compute_type("fp32"), at::kFloat);
  EXPECT_EQ(compute_type("tf32"), at::kFloat);
  EXPECT_EQ(compute_type("bf16"), at::kBFloat16);
  EXPECT_EQ(compute_type("fp16"), at::kHalf);
  EXPECT_THROW(compute_type("fp8"), UsageError);
}

TEST(Autocast, LastsAsLongAsItsScope) {
  const at::Tensor a = at::ones({2, 2});
  {
    const Autocast scope(at::kCPU, at::kBFloat16);
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
    EXPECT_EQ(Autocast::current(at::kCPU, at::kFloat), at::kBFloat16);
    EXPECT_EQ(Autocast::current(at::kCPU, at::kDouble), at::kDouble);
    {
      const Autocast none(at::kCPU, at::kFloat);
      EXPECT_EQ(Autocast::current(at::kCPU, at::kFloat), at::kBFloat16);
    }
  }
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
  EXPECT_EQ(Autocast::current(at::kCPU, at::kFloat), at::kFloat);
}

}  // namespace
}  // namespace kdseg::tensor

// The catalog of procedures, and what all of them share.
#include "methods/procedures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Procedures, AreFoundByNameAndAMisspeltOneNamesTheNearest) {
  methods::Setup setup = setup_of(tiny_model({"flair", "t1ce", "t1", "t2"}, 1));
  setup.terms = {cross_entropy_section()};
  EXPECT_NE(make_method("supervised", setup), nullptr);
  EXPECT_THAT([&] { make_method("teacher-studnet", setup); },
              ThrowsMessage<UsageError>(HasSubstr("did you mean 'teacher-student'?")));
}

TEST(ImagesOf, ArePickedByNameInOrderAndSharedWhereAllAreTaken) {
  tensor::Batch batch;
  batch.input.image = at::arange(6, at::kFloat).view({1, 3, 2});
  EXPECT_TRUE(images_of(batch, {"a", "b", "c"}).is_same(batch.input.image)) << "no names, all";
  batch.channels = {"a", "b", "c"};
  EXPECT_TRUE(images_of(batch, {"a", "b", "c"}).is_same(batch.input.image));
  EXPECT_TRUE(images_of(batch, {}).is_same(batch.input.image));
  const at::Tensor picked = images_of(batch, {"c", "a"});
  EXPECT_EQ(picked.select(1, 0).sum().item<float>(), 4 + 5);
  EXPECT_EQ(picked.select(1, 1).sum().item<float>(), 0 + 1);
  EXPECT_THAT([&] { images_of(batch, {"d"}); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("a,b,c"), HasSubstr("expects d"))));
}

TEST(StepNoise, HasOneKeyPerElementAndOtherMasksPerRole) {
  const auto mask = [](const char* role, int64_t step) {
    StepInfo info;
    info.step = step;
    return step_noise(info, role, 2).channel_mask(256, 0.5, at::kFloat);
  };
  EXPECT_EQ(mask("student", 0).size(0), 2);
  EXPECT_TRUE(mask("student", 0).equal(mask("student", 0)));
  EXPECT_FALSE(mask("student", 0).equal(mask("teacher", 0)));
  EXPECT_FALSE(mask("student", 0).equal(mask("student", 1)));
  EXPECT_FALSE(mask("student", 0)[0].equal(mask("student", 0)[1]));
}

}  // namespace
}  // namespace kdseg::methods

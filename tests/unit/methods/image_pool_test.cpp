// Former images for discriminators: what comes back, how often, and in a continued run.
#include "methods/image_pool.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

namespace kdseg::methods {
namespace {

at::Tensor image(double value, int64_t count = 1) {
  return at::full({count, 1, 2, 2}, value, at::kFloat);
}

double value_of(const at::Tensor& one) { return one.select(0, 0).max().item<double>(); }

// Li et al. 2020, with CycleGAN's code.
TEST(ImagePool, GivesBackUntilItIsFullAndThenHalfOfTheTime) {
  ImagePool pool(50, ImagePool::Unit::image);
  int same = 0;
  for (int i = 0; i < 2050; ++i) {
    Random random(7, static_cast<uint64_t>(i), "pool/t");
    const at::Tensor given = pool.query(image(i).requires_grad_(true), random);
    EXPECT_FALSE(given.requires_grad());
    ASSERT_LE(pool.count(), 50);
    if (i < 50) {
      ASSERT_EQ(value_of(given), i);
    }
    if (i >= 50) same += value_of(given) == i;
    ASSERT_LE(value_of(given), i);
  }
  EXPECT_NEAR(same, 1000, 100);  // over four standard deviations
}

TEST(ImagePool, ImagesOfABatchAreExchangedOneByOneOrTogether) {
  for (const auto unit : {ImagePool::Unit::image, ImagePool::Unit::batch}) {
    ImagePool pool(4, unit);
    bool mixed = false;
    for (int i = 0; i < 40; ++i) {
      Random random(1, static_cast<uint64_t>(i), "pool/a");
      const at::Tensor given = pool.query(image(i, 2), random);
      ASSERT_EQ(given.sizes(), at::IntArrayRef({2, 1, 2, 2}));
      mixed = mixed ||
              given.select(0, 0).max().item<double>() != given.select(0, 1).max().item<double>();
    }
    EXPECT_EQ(pool.count(), 4);
    EXPECT_EQ(mixed, unit == ImagePool::Unit::image);
  }
}

TEST(ImagePool, OfSizeZeroKeepsNothing) {
  ImagePool pool(0, ImagePool::Unit::image);
  for (int i = 0; i < 9; ++i) {
    Random random(1, static_cast<uint64_t>(i), "pool/a");
    EXPECT_EQ(value_of(pool.query(image(i), random)), i);
  }
  EXPECT_EQ(pool.count(), 0);
}

// What is kept stays what it was, even where the images' memory is used for others.
TEST(ImagePool, KeepsCopies) {
  ImagePool pool(1, ImagePool::Unit::image);
  at::Tensor one = image(3);
  Random random(1, 0, "pool/a");
  pool.query(one, random);
  one.fill_(8);
  for (int i = 1; i < 40; ++i) {
    Random next(1, static_cast<uint64_t>(i), "pool/a");
    const double given = value_of(pool.query(image(100), next));
    if (given == 100) continue;
    EXPECT_EQ(given, 3);
    return;
  }
  FAIL() << "it never came back";
}

TEST(ImagePool, ContinuesHalfFullAndFull) {
  for (const int saved_after : {3, 20}) {
    ImagePool whole(6, ImagePool::Unit::image), part(6, ImagePool::Unit::image);
    io::Tree tree;
    for (int i = 0; i < 60; ++i) {
      if (i == saved_after) {
        part.save(tree, "/method/pool/t");
        part = ImagePool(6, ImagePool::Unit::image);
        part.load(tree, "/method/pool/t", at::kCPU);
        EXPECT_EQ(part.count(), std::min(saved_after, 6));
      }
      Random one(2, static_cast<uint64_t>(i), "pool/t"), two = one;
      ASSERT_TRUE(whole.query(image(i), one).equal(part.query(image(i), two))) << i;
    }
  }
}

}  // namespace
}  // namespace kdseg::methods

#include "tensor/noise.h"

#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace kdseg::tensor {
namespace {

TEST(Noise, DropsWholeChannelsAndScalesTheRest) {
  Noise noise(1, {2});
  const at::Tensor dropped = noise.drop_channels(at::ones({1, 1000, 2, 2, 2}), 0.2);
  int64_t zeros = 0;
  for (int64_t c = 0; c < 1000; ++c) {
    const at::Tensor channel = dropped[0][c];
    const float value = channel[0][0][0].item<float>();
    EXPECT_TRUE(channel.eq(value).all().item<bool>());
    EXPECT_TRUE(value == 0.0f || value == 1.25f) << value;
    zeros += value == 0.0f;
  }
  EXPECT_NEAR(static_cast<double>(zeros), 200, 60) << "within 4.7 standard deviations";
}

TEST(Noise, MasksFollowSeedKeyAndSite) {
  const at::Tensor x = at::ones({1, 64, 1, 1, 1});
  Noise noise(1, {2}), same(1, {2}), other_seed(2, {2}), other_key(1, {3});
  const at::Tensor first = noise.drop_channels(x, 0.5);
  EXPECT_TRUE(first.equal(same.drop_channels(x, 0.5)));
  EXPECT_FALSE(first.equal(other_seed.drop_channels(x, 0.5)));
  EXPECT_FALSE(first.equal(other_key.drop_channels(x, 0.5)));
  EXPECT_FALSE(first.equal(noise.drop_channels(x, 0.5))) << "the next site has its own mask";
  noise.rewind();
  EXPECT_TRUE(first.equal(noise.drop_channels(x, 0.5)));
}

TEST(Noise, ZeroProbabilityUsesNoSite) {
  const at::Tensor x = at::ones({1, 64, 1, 1, 1});
  Noise noise(1, {2}), same(1, {2});
  EXPECT_TRUE(noise.drop_channels(x, 0.0).equal(x));
  EXPECT_TRUE(noise.drop_channels(x, 0.5).equal(same.drop_channels(x, 0.5)));
}

TEST(Noise, OneInputBecomesOneSamplePerKey) {
  const at::Tensor x = at::ones({1, 64, 2, 2, 2});
  Noise both(1, {2, 3}), second(1, {3});
  const at::Tensor samples = both.drop_channels(x, 0.5);
  ASSERT_EQ(samples.size(0), 2);
  EXPECT_TRUE(samples.slice(0, 1, 2).equal(second.drop_channels(x, 0.5)));
  EXPECT_THROW(both.drop_channels(at::ones({3, 4, 1, 1, 1}), 0.5), std::logic_error);
}

TEST(Noise, ValueMasksDropEachValueByItself) {
  Noise noise(1, {2, 3}), same(1, {3});
  const at::Tensor mask = noise.value_mask({8, 25, 25, 2}, 0.1, at::kDouble);
  EXPECT_EQ(mask.sizes(), at::IntArrayRef({2, 8, 25, 25, 2}));
  EXPECT_EQ(mask.scalar_type(), at::kDouble);
  const auto zeros = static_cast<double>(mask.eq(0).sum().item<int64_t>());
  EXPECT_NEAR(zeros, 2000, 200) << "4.7 standard deviations";
  EXPECT_EQ(static_cast<double>(mask.eq(1 / 0.9).sum().item<int64_t>()), 20000 - zeros);
  EXPECT_TRUE(mask[1].equal(same.value_mask({8, 25, 25, 2}, 0.1, at::kDouble)[0]));
  EXPECT_FALSE(mask.equal(noise.value_mask({8, 25, 25, 2}, 0.1, at::kDouble))) << "the next site";
  EXPECT_TRUE(noise.value_mask({2, 2}, 0, at::kFloat).equal(at::ones({2, 2, 2})));
}

TEST(Noise, MaskIsWhatDropChannelsMultipliesWith) {
  Noise a(4, {1, 2}), b(4, {1, 2});
  const at::Tensor x = at::ones({2, 32, 2, 2, 2});
  const at::Tensor mask = a.channel_mask(32, 0.3, x.options());
  EXPECT_TRUE(x.mul(mask.view({2, 32, 1, 1, 1})).equal(b.drop_channels(x, 0.3)));
  EXPECT_TRUE(a.channel_mask(3, 0.0, x.options()).equal(at::ones({2, 3})));
}

// Training makes everything anew; further samples of one input share what no dropout precedes.
TEST(Noise, SharesOnlyWhatNoDropoutPrecedes) {
  const at::Tensor x = at::ones({1, 8, 1, 1, 1});
  int before = 0, after = 0;
  Noise noise(1, {2});
  const auto shared = [&](const char* name, int& made) {
    if (noise.kept({&x, name})) return;
    ++made;
    if (noise.may_keep()) noise.keep({&x, name}, x);
  };
  const auto pass = [&] {
    noise.rewind();
    shared("before", before);
    noise.drop_channels(x, 0.5);
    shared("after", after);
  };
  pass();
  pass();
  EXPECT_EQ(before, 2);
  noise.draw({3, 4});
  EXPECT_EQ(noise.samples(), 2u);
  pass();
  noise.draw({5});
  pass();
  EXPECT_EQ(before, 3);
  EXPECT_EQ(after, 4);
}

TEST(Noise, NormalSamplesFollowSeedKeyAndSite) {
  Noise noise(1, {2, 3}), same(1, {3}), other(2, {2, 3});
  const at::TensorOptions wide(at::kDouble);
  const at::Tensor first = noise.normal({4, 5, 100}, wide);
  ASSERT_EQ(first.sizes(), at::IntArrayRef({2, 4, 5, 100}));
  EXPECT_TRUE(first.narrow(0, 1, 1).equal(same.normal({4, 5, 100}, wide)));
  EXPECT_FALSE(first[0].equal(first[1]));
  EXPECT_FALSE(first.equal(other.normal({4, 5, 100}, wide)));
  EXPECT_FALSE(first.equal(noise.normal({4, 5, 100}, wide))) << "the next site has its own sample";
  noise.rewind();
  EXPECT_TRUE(first.to(at::kFloat).equal(noise.normal({4, 5, 100}, at::kFloat)));
  EXPECT_NEAR(first.mean().item<double>(), 0, 4 / std::sqrt(4000.0));
  EXPECT_NEAR(first.std().item<double>(), 1, 0.05);
}

}  // namespace
}  // namespace kdseg::tensor

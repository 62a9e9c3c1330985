// What is unfolded at once is what comes piece by piece, and whatever is odd is left to that way,
// which knows how to say it.
#include "image/unfolded.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg::image {
namespace {

std::string folded(const std::string& text) {
  z_stream state{};
  deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&state, text.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = static_cast<uInt>(text.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  deflate(&state, Z_FINISH);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

std::string numbers() {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * i % 977);
  return text;
}

class Unfolding : public ::testing::Test {
 protected:
  std::string write(const std::string& bytes) { return folder_.write("a.gz", bytes); }
  static std::string all_of(UnfoldedFile& file, size_t most) {
    std::string out(most, '\0');
    out.resize(file.read(out.data(), most));
    return out;
  }
  test::Folder folder_;
  const std::string text_ = numbers();
};

TEST_F(Unfolding, AtOnceGivesTheSameBytes) {
  UnfoldedFile file(write(folded(text_)));
  ASSERT_TRUE(file.unfold_whole(text_.size() - 5, text_.size() + 5));
  EXPECT_EQ(file.skip(1000), 1000);
  EXPECT_EQ(all_of(file, text_.size()), text_.substr(1000));
  EXPECT_EQ(file.skip(1), 0);
}

TEST_F(Unfolding, OtherLengthsMembersAndPlainFilesComePieceByPiece) {
  const std::string one = folded(text_);
  for (const auto& [bytes, text] :
       {std::pair{one, text_}, std::pair{one + one, text_ + text_}, std::pair{text_, text_}}) {
    UnfoldedFile file(write(bytes));
    EXPECT_FALSE(file.unfold_whole(text.size() + 1, text.size() + 9));
    EXPECT_FALSE(file.unfold_whole(0, text.size() - 1));
    EXPECT_EQ(bytes != one, !file.unfold_whole(0, text.size()));
    EXPECT_EQ(all_of(file, text.size() + 1), text);
  }
}

TEST_F(Unfolding, DamageIsToldAsBefore) {
  const std::string whole = folded(text_);
  std::string checksum = whole, inside = whole;
  checksum[whole.size() - 6] ^= 1;
  inside[whole.size() / 2] ^= 1;
  for (const std::string& bytes :
       {checksum, inside, whole.substr(0, whole.size() - 9), whole + "more"}) {
    UnfoldedFile file(write(bytes));
    EXPECT_FALSE(file.unfold_whole(0, text_.size() + 9));
    EXPECT_THROW(all_of(file, text_.size() + 1), DataError);
  }
}

}  // namespace
}  // namespace kdseg::image

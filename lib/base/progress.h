// Progress of long work: one live bar on a terminal, full lines after five seconds and every 10 %
// elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace kdseg {

class Progress {
 public:
  /// `unit` is plural ("cases"). Nothing is printed for a quiet process or a total of 0.
  Progress(std::string what, int64_t total, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Reports that `n` more units are done; thread safe. `detail` is shown behind the rate.
  void advance(int64_t n = 1, std::string_view detail = {});

  static void set_quiet(bool quiet);

 private:
  void draw(std::string_view detail, bool last);
  std::string what_, unit_;
  int64_t total_, done_ = 0, last_tenth_ = 0;
  bool told_ = false;
  std::chrono::steady_clock::time_point start_, drawn_{};
  std::mutex mutex_;
};

namespace progress_detail {
void clear_line();  ///< wipes a live bar so that a message starts on a clean line
}

}  // namespace kdseg

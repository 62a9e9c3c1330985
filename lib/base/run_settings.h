// Settings that several programs share: plain values, declared as options by cli/shared_options.h.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace kdseg {

/// Which cases of a sheet a program works on.
struct CaseSelection {
  std::string cases;               ///< sheet (cases.tsv); empty: none
  std::vector<std::string> where;  ///< "split=train", "fold!=2", "split=train,val"
  std::vector<std::string> ids;    ///< --case, repeated
  int64_t limit = 0;               ///< first N after selection; 0: all
};

/// How tensors are computed.
struct TensorSettings {
  std::string device = "auto";     ///< auto, cpu, cuda, cuda:N
  std::string precision = "fp32";  ///< fp32, tf32, bf16, fp16
  bool deterministic = false;
  uint64_t seed = 0;
  double memory_limit_gib = 0;  ///< 0: no limit
  bool describe = false;        ///< print sizes and stop
};

/// What every training program shares.
struct TrainingSettings {
  CaseSelection training;
  std::vector<std::string> validate;  ///< selection of validation cases from the same sheet
  std::string output;                 ///< checkpoint to write
  std::string run_dir;                ///< empty: OUTPUT.run
  std::string resume = "auto";        ///< auto, never
  bool prolong = false;               ///< a finished training goes on with more epochs
  double checkpoint_every_s = 300;    ///< seconds between saved states within an epoch
  double deadline_s = 0;              ///< stop in good order after this many seconds; 0: never
  std::string history;         ///< CSV of losses, scores and times; empty: run_dir/history.csv
  std::string init;            ///< checkpoint whose parameters the training starts from
  std::string init_network;    ///< which of its networks; empty: the only one
  int64_t workers = 1;         ///< loader threads
  int64_t width = 0;           ///< base width of the network; 0: as in its section
  std::string cache = "auto";  ///< auto, ram, none
  bool stage = false;          ///< volumes are copied to $TMPDIR first
  std::string recipe;          ///< INI file; empty: the volumes' own
  std::vector<std::string> channels;  ///< empty: all of the volumes, in their order
  int64_t epochs = 1, batch = 1;
  int64_t epoch_iterations = 0;  ///< of an epoch; 0: a pass over the stream `epoch_of`
  std::string epoch_of;          ///< stream; empty: the first
  std::string predict_on;  ///< stream whose channels and recipe predictions use; empty: the first
  std::vector<int64_t> patch;  ///< x y z voxels; empty: whole volume
};

}  // namespace kdseg

// What the ITK-based formats share: one reader at a time, types, geometry, one-line errors.
#pragma once
#include <itkImageIOBase.h>

#include <mutex>
#include <sstream>
#include <string>

#include "base/errors.h"
#include "image/formats.h"

namespace kdseg::image {

/// Held while ITK works on a file: the NRRD, MetaImage and GDCM libraries keep global state. Also
/// collects what they print to std::cerr (GDCM's own messages are turned off).
class ItkTurn {
 public:
  ItkTurn();
  ~ItkTurn();
  ItkTurn(const ItkTurn&) = delete;
  ItkTurn& operator=(const ItkTurn&) = delete;
  std::string complaints() const;  ///< on one line; empty when nothing was printed
  /// In a child process that was made while its parent held a turn: nobody else is there.
  static void is_held_by_the_parent();

 private:
  std::unique_lock<std::mutex> lock_;
  std::ostringstream printed_;
  std::streambuf* before_;
};

/// The part of an ITK exception that tells the reason, on one line.
std::string reason_of(const itk::ExceptionObject& error);

/// \throws DataError  complex or unknown types, more than one component, colors
Component component_of(const std::string& path, const itk::ImageIOBase& io);

/// Grid of a file whose header has been read; refuses other than three dimensions.
Grid grid_of(const std::string& path, const itk::ImageIOBase& io);

/// Decodes all voxels of a file whose header has been read, as they are (formats that rescale do
/// so themselves).
std::vector<float> voxels_of(const std::string& path, itk::ImageIOBase& io);

}  // namespace kdseg::image

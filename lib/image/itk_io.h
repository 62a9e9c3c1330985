// What the ITK-based formats share: one reader at a time, types, geometry, one-line errors.
#pragma once
#include <itkImageIOBase.h>

#include <mutex>
#include <string>

#include "base/errors.h"
#include "image/formats.h"

namespace kdseg::image {

/// The NRRD, MetaImage and GDCM libraries keep global state; held while any of them works. Also
/// turns their own messages on stderr off.
std::unique_lock<std::mutex> itk_turn();

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

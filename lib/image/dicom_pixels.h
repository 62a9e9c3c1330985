// Pixels of DICOM files, decoded by GDCM in a child process.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "image/component.h"
#include "image/dicom_header.h"

namespace kdseg::image {

/// Gives `take` the pixels of each file in turn: all of its frames, [frame][row][column], rescaled.
/// The child process can do no harm (base/confined.h), because GDCM asserts on damaged files; its
/// memory is bounded by what headers promise, and that by the files' sizes. To be called while an
/// ItkTurn is held.
/// \throws DataError  a file that GDCM refuses, fails on, or needs too long for, by name; fewer or
///                    more pixels than its header promises
/// \throws RunError   no process could be started
void decode_pixels(const std::string& what, std::span<const DicomHeader> files,
                   const std::function<void(size_t file, Component, std::vector<float>)>& take);

}  // namespace kdseg::image

#include "image/dicom_pixels.h"

#include <itkGDCMImageIO.h>

#include <algorithm>
#include <filesystem>
#include <new>

#include "base/confined.h"
#include "image/itk_io.h"

namespace kdseg::image {
namespace {

size_t pixel_count(const DicomHeader& header) {
  return static_cast<size_t>(header.rows * header.columns) * header.frames.size();
}

/// What the child may use: the bytes of one file, and of its pixels several times over.
Confinement confinement_of(std::span<const DicomHeader> files) {
  uint64_t all = 0, largest = 0;
  for (const DicomHeader& header : files) {
    std::error_code error;
    const auto stored = static_cast<uint64_t>(std::filesystem::file_size(header.file, error));
    const uint64_t bytes = (error ? 0 : 2 * stored) + 32 * pixel_count(header);
    all += bytes;
    largest = std::max(largest, bytes);
  }
  Confinement limits = confinement_for(largest, 1);
  limits.cpu_seconds = std::max(limits.cpu_seconds, confinement_for(all, 0).cpu_seconds);
  return limits;
}

enum class Word : int64_t { pixels, fault };

/// Why a file cannot be decoded; empty: it can.
std::string decode(const DicomHeader& header, Component& component, std::vector<float>& voxels) {
  try {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(header.file);
    io->ReadImageInformation();
    component = component_of(header.file, *io);
    voxels = voxels_of(header.file, *io);
  } catch (const itk::ExceptionObject& error) {
    return fmt::format("{}: cannot be read: {}", header.file, reason_of(error));
  } catch (const std::bad_alloc&) {
    return fmt::format("{}: promises more than memory holds; is it damaged?", header.file);
  } catch (const std::exception& error) {
    return error.what();
  }
  if (voxels.size() == pixel_count(header)) return {};
  return fmt::format("{}: {} voxels, the header promises {}x{}x{}; the file is damaged",
                     header.file, voxels.size(), header.columns, header.rows, header.frames.size());
}

void send(Sink& sink, std::span<const DicomHeader> files) {
  for (const DicomHeader& header : files) {
    Component component{};
    std::vector<float> voxels;
    const std::string fault = decode(header, component, voxels);
    sink.number(static_cast<int64_t>(fault.empty() ? Word::pixels : Word::fault));
    if (!fault.empty()) return sink.text(fault);
    sink.number(static_cast<int64_t>(component));
    sink.put(std::as_bytes(std::span(voxels)));
  }
}

}  // namespace

void decode_pixels(const std::string& what, std::span<const DicomHeader> files,
                   const std::function<void(size_t, Component, std::vector<float>)>& take) {
  const auto receive = [&](Source& source) {
    for (size_t i = 0; i < files.size(); ++i) {
      Component component{};
      std::vector<float> voxels(pixel_count(files[i]));
      try {
        if (source.number() == static_cast<int64_t>(Word::fault)) throw DataError(source.text());
        component = static_cast<Component>(source.number());
        source.get(std::as_writable_bytes(std::span(voxels)));
      } catch (const Source::Ended&) {
        throw DataError(
            "{}: the library that reads it failed on it, or needed too long: the file is damaged",
            files[i].file);
      }
      take(i, component, std::move(voxels));
    }
  };
  in_child(
      what, confinement_of(files), [] { ItkTurn::is_held_by_the_parent(); },
      [&](Sink& sink) { send(sink, files); }, receive);
}

}  // namespace kdseg::image

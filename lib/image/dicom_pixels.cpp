#include "image/dicom_pixels.h"

#include <gdcmImageHelper.h>
#include <gdcmImageReader.h>
#include <gdcmRescaler.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <optional>

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

/// Of what GDCM rescales to; nothing: half floats, packed bits.
std::optional<Component> component_of(gdcm::PixelFormat::ScalarType type) {
  using gdcm::PixelFormat;
  switch (type) {
    case PixelFormat::INT8:
      return Component::int8;
    case PixelFormat::UINT8:
      return Component::uint8;
    case PixelFormat::INT12:  // unpacked
    case PixelFormat::INT16:
      return Component::int16;
    case PixelFormat::UINT12:
    case PixelFormat::UINT16:
      return Component::uint16;
    case PixelFormat::INT32:
      return Component::int32;
    case PixelFormat::UINT32:
      return Component::uint32;
    case PixelFormat::FLOAT32:
      return Component::float32;
    case PixelFormat::FLOAT64:
      return Component::float64;
    default:
      return std::nullopt;
  }
}

/// Why a file cannot be decoded; empty: it can.
std::string decode(const DicomHeader& header, Component& component, std::vector<float>& voxels) {
  try {
    gdcm::ImageHelper::SetForceRescaleInterceptSlope(true);  // of MR images, too
    gdcm::ImageReader reader;
    reader.SetFileName(header.file.c_str());
    if (!reader.Read()) return fmt::format("{}: cannot be read: is it damaged?", header.file);
    gdcm::Image& image = reader.GetImage();
    // How to show values is no business of a reader of values, but older GDCM turns them over
    // (and asserts on signed ones of 12 bits).
    if (image.GetPhotometricInterpretation() == gdcm::PhotometricInterpretation::MONOCHROME1)
      image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    std::vector<char> stored(image.GetBufferLength());
    if (!image.GetBuffer(stored.data()))
      return fmt::format("{}: its pixels cannot be decoded: is it damaged?", header.file);

    gdcm::Rescaler rescaler;
    rescaler.SetIntercept(image.GetIntercept());
    rescaler.SetSlope(image.GetSlope());
    rescaler.SetPixelFormat(image.GetPixelFormat());
    const auto type = component_of(rescaler.ComputeInterceptSlopePixelType());
    const size_t pixels = pixel_count(header), pixel_bytes = image.GetPixelFormat().GetPixelSize();
    if (!type)
      return fmt::format("{}: pixels of type {}; expected whole or floating-point numbers",
                         header.file, image.GetPixelFormat().GetScalarTypeAsString());
    if (stored.size() != pixels * pixel_bytes)
      return fmt::format(
          "{}: {} bytes of pixels, the header promises {}x{}x{} of {}; the file is "
          "damaged",
          header.file, stored.size(), header.columns, header.rows, header.frames.size(),
          pixel_bytes);
    component = *type;
    if (image.GetSlope() != 1 || image.GetIntercept() != 0) {
      std::vector<char> rescaled(pixels * bytes_of(component));
      if (!rescaler.Rescale(rescaled.data(), stored.data(), stored.size()))
        return fmt::format("{}: cannot be rescaled: is it damaged?", header.file);
      stored = std::move(rescaled);
    }
    voxels = image::decode(component, stored.data(), pixels);
    return {};
  } catch (const std::bad_alloc&) {
    return fmt::format("{}: promises more than memory holds; is it damaged?", header.file);
  } catch (const std::exception& error) {
    return fmt::format("{}: cannot be read: {}", header.file, error.what());
  }
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

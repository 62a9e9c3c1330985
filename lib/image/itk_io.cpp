// NRRD, MetaImage and PNG through ITK. IO objects are created by name: object factories would load
// every format ITK knows and cost a fifth of a second at each start.
#include "image/itk_io.h"

#include <gdcmTrace.h>
#include <itkMetaImageIO.h>
#include <itkMultiThreaderBase.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "image/text_header.h"

namespace kdseg::image {
namespace {

using Io = itk::CommonEnums::IOComponent;

Io itk_type(Component component) {
  switch (component) {
    case Component::int8:
      return Io::CHAR;
    case Component::uint8:
      return Io::UCHAR;
    case Component::int16:
      return Io::SHORT;
    case Component::uint16:
      return Io::USHORT;
    case Component::int32:
      return Io::INT;
    case Component::uint32:
      return Io::UINT;
    case Component::int64:
      return Io::LONG;
    case Component::uint64:
      return Io::ULONG;
    case Component::float32:
      return Io::FLOAT;
    default:
      return Io::DOUBLE;
  }
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return trim(text);
}

void scale(Grid& grid, double factor) {
  for (double& v : grid.spacing_mm) v *= factor;
  for (double& v : grid.origin_mm) v *= factor;
}

/// `whole_file`: header and voxels lie in this one file.
Decoded read_with(itk::ImageIOBase& io, const std::string& path, Part part, bool whole_file,
                  const TextHeaderFacts& facts) {
  const ItkTurn turn;
  try {
    io.SetFileName(path);
    io.ReadImageInformation();
    Decoded out;
    out.grid = grid_of(path, io);
    scale(out.grid, facts.mm_per_unit);
    out.segmentation = facts.segmentation;
    out.component = component_of(path, io);
    if (whole_file)
      require_plausible_size(path, static_cast<double>(out.grid.voxel_count()) *
                                       static_cast<double>(bytes_of(out.component)));
    if (part != Part::header && facts.deflated) require_whole(path, *facts.deflated);
    if (part != Part::header) out.voxels = voxels_of(path, io);
    // MetaIO fills missing voxels with zeros and only prints that it did.
    if (const std::string complaints = turn.complaints(); !complaints.empty())
      throw DataError("{}: cannot be read whole: {}", path, complaints);
    return out;
  } catch (const itk::ExceptionObject& error) {
    throw DataError("{}: cannot be read: {}", path, reason_of(error));
  }
}

/// Writes, then reads back and compares: not every library reports a full disk.
template <class ImageIo>
void write_with(const std::string& path, const Encoded& volume) {
  const ItkTurn turn;
  const Grid& grid = volume.grid;
  try {
    auto io = ImageIo::New();
    io->SetFileName(path);
    io->SetNumberOfDimensions(3);
    itk::ImageIORegion region(3);
    for (unsigned i = 0; i < 3; ++i) {
      io->SetDimensions(i, static_cast<itk::SizeValueType>(grid.size[i]));
      io->SetSpacing(i, grid.spacing_mm[i]);
      io->SetOrigin(i, grid.origin_mm[i]);
      io->SetDirection(
          i, std::vector<double>{grid.direction[i], grid.direction[3 + i], grid.direction[6 + i]});
      region.SetSize(i, static_cast<itk::SizeValueType>(grid.size[i]));
    }
    io->SetIORegion(region);
    io->SetPixelType(itk::CommonEnums::IOPixel::SCALAR);
    io->SetNumberOfComponents(1);
    io->SetComponentType(itk_type(volume.component));
    io->SetUseCompression(true);
    io->WriteImageInformation();
    io->Write(volume.voxels.data());

    auto back = ImageIo::New();
    back->SetFileName(path);
    back->ReadImageInformation();
    std::vector<std::byte> stored(static_cast<size_t>(back->GetImageSizeInBytes()));
    itk::ImageIORegion whole(3);
    for (unsigned i = 0; i < 3; ++i) whole.SetSize(i, back->GetDimensions(i));
    back->SetIORegion(whole);
    back->Read(stored.data());
    if (stored != volume.voxels) throw RunError("{}: could not be written whole: disk full?", path);
  } catch (const itk::ExceptionObject& error) {
    throw RunError("{}: cannot be written: {}", path, reason_of(error));
  }
}

}  // namespace

namespace {
bool held_by_the_parent = false;
}

void ItkTurn::is_held_by_the_parent() {
  held_by_the_parent = true;
  // Threads cannot be started there; the other kind starts a pool of them at once.
  itk::MultiThreaderBase::SetGlobalDefaultThreader(itk::MultiThreaderBaseEnums::Threader::Platform);
}

ItkTurn::ItkTurn() {
  static std::mutex mutex;
  static std::once_flag once;
  std::call_once(once, [] {
    itk::Object::SetGlobalWarningDisplay(false);
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
  });
  if (!held_by_the_parent) lock_ = std::unique_lock(mutex);
  before_ = std::cerr.rdbuf(printed_.rdbuf());
}

ItkTurn::~ItkTurn() { std::cerr.rdbuf(before_); }

std::string ItkTurn::complaints() const { return one_line(printed_.str()); }

std::string reason_of(const itk::ExceptionObject& error) {
  std::string text = error.GetDescription();
  // ITK starts with "ITK ERROR: NrrdImageIO(0x55...): ", of no use to a reader.
  if (const size_t start = text.find("): "); start != std::string::npos) text.erase(0, start + 3);
  return one_line(text);
}

Component component_of(const std::string& path, const itk::ImageIOBase& io) {
  if (io.GetPixelType() == itk::CommonEnums::IOPixel::RGB ||
      io.GetPixelType() == itk::CommonEnums::IOPixel::RGBA)
    throw DataError("{}: color voxels; expected one number per voxel", path);
  if (io.GetNumberOfComponents() != 1)
    throw DataError("{}: {} values per voxel; expected one", path, io.GetNumberOfComponents());
  switch (io.GetComponentType()) {
    case Io::CHAR:
      return Component::int8;
    case Io::UCHAR:
      return Component::uint8;
    case Io::SHORT:
      return Component::int16;
    case Io::USHORT:
      return Component::uint16;
    case Io::INT:
      return Component::int32;
    case Io::UINT:
      return Component::uint32;
    case Io::LONG:
    case Io::LONGLONG:
      return Component::int64;
    case Io::ULONG:
    case Io::ULONGLONG:
      return Component::uint64;
    case Io::FLOAT:
      return Component::float32;
    case Io::DOUBLE:
      return Component::float64;
    default:
      throw DataError("{}: voxel type {}; expected an integer or floating-point type", path,
                      itk::ImageIOBase::GetComponentTypeAsString(io.GetComponentType()));
  }
}

Grid grid_of(const std::string& path, const itk::ImageIOBase& io) {
  const unsigned dimensions = io.GetNumberOfDimensions();
  for (unsigned i = 3; i < dimensions; ++i)
    if (io.GetDimensions(i) > 1)
      throw DataError("{}: {} dimensions; expected a 3D volume", path, dimensions);
  if (dimensions < 3) throw DataError("{}: {} dimensions; expected a 3D volume", path, dimensions);
  std::array<int64_t, 3> size;
  std::array<double, 12> affine;
  for (unsigned column = 0; column < 3; ++column) {
    size[column] = static_cast<int64_t>(io.GetDimensions(column));
    const std::vector<double> direction = io.GetDirection(column);
    for (unsigned row = 0; row < 3; ++row)
      affine[4 * row + column] = direction[row] * io.GetSpacing(column);
    affine[4 * column + 3] = io.GetOrigin(column);
  }
  return grid_from_affine(path, size, affine);
}

std::vector<float> voxels_of(const std::string& path, itk::ImageIOBase& io) {
  const unsigned dimensions = io.GetNumberOfDimensions();
  itk::ImageIORegion region(dimensions);
  size_t count = 1;
  for (unsigned i = 0; i < dimensions; ++i) {
    region.SetSize(i, io.GetDimensions(i));
    count *= io.GetDimensions(i);
  }
  io.SetIORegion(region);
  const Component component = component_of(path, io);
  std::vector<std::byte> stored(count * bytes_of(component));
  io.Read(stored.data());
  return decode(component, stored.data(), count);
}

Decoded read_nrrd(const std::string& path, Part part) {
  const TextHeaderFacts facts = check_nrrd_header(path);
  const auto io = itk::NrrdImageIO::New();
  return read_with(*io, path, part, path.ends_with("nrrd"), facts);
}

Decoded read_meta(const std::string& path, Part part) {
  const TextHeaderFacts facts = check_meta_header(path);
  const auto io = itk::MetaImageIO::New();
  return read_with(*io, path, part, path.ends_with("mha"), facts);
}

void encode_nrrd(const std::string& path, const Encoded& volume) {
  write_with<itk::NrrdImageIO>(path, volume);
}

void encode_meta(const std::string& path, const Encoded& volume) {
  write_with<itk::MetaImageIO>(path, volume);
}

void encode_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgb) {
  const ItkTurn turn;
  try {
    const auto io = itk::PNGImageIO::New();
    io->SetFileName(path);
    io->SetNumberOfDimensions(2);
    io->SetDimensions(0, static_cast<itk::SizeValueType>(width));
    io->SetDimensions(1, static_cast<itk::SizeValueType>(height));
    itk::ImageIORegion region(2);
    region.SetSize(0, static_cast<itk::SizeValueType>(width));
    region.SetSize(1, static_cast<itk::SizeValueType>(height));
    io->SetIORegion(region);
    io->SetPixelType(itk::CommonEnums::IOPixel::RGB);
    io->SetComponentType(Io::UCHAR);
    io->SetNumberOfComponents(3);
    io->SetUseCompression(true);
    io->Write(rgb.data());
  } catch (const itk::ExceptionObject& error) {
    throw RunError("{}: cannot be written: {}", path, reason_of(error));
  }
}

}  // namespace kdseg::image

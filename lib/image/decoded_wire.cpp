#include "image/decoded_wire.h"

namespace kdseg::image {
namespace {

template <class T>
std::span<const std::byte> bytes_of_all(const T& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
std::span<std::byte> writable_bytes_of_all(T& values) {
  return std::as_writable_bytes(std::span(values));
}

}  // namespace

void send_decoded(Sink& sink, const Decoded& decoded) {
  sink.put(bytes_of_all(decoded.grid.size));
  sink.put(bytes_of_all(decoded.grid.spacing_mm));
  sink.put(bytes_of_all(decoded.grid.origin_mm));
  sink.put(bytes_of_all(decoded.grid.direction));
  sink.number(decoded.channels);
  sink.number(static_cast<int64_t>(decoded.component));
  sink.number(static_cast<int64_t>(decoded.voxels.size()));
  sink.put(bytes_of_all(decoded.voxels));
}

Decoded receive_decoded(Source& source) {
  Decoded decoded;
  source.get(writable_bytes_of_all(decoded.grid.size));
  source.get(writable_bytes_of_all(decoded.grid.spacing_mm));
  source.get(writable_bytes_of_all(decoded.grid.origin_mm));
  source.get(writable_bytes_of_all(decoded.grid.direction));
  decoded.channels = source.number();
  decoded.component = static_cast<Component>(source.number());
  decoded.voxels.resize(source.count(sizeof(float)));
  source.get(writable_bytes_of_all(decoded.voxels));
  return decoded;
}

}  // namespace kdseg::image

#include "io/tree_wire.h"

namespace kdseg::io {
namespace {

void send(Sink& sink, int64_t value) { sink.number(value); }
void send(Sink& sink, double value) { sink.put(std::as_bytes(std::span(&value, 1))); }
void send(Sink& sink, const std::string& value) { sink.text(value); }
template <class T>
void send(Sink& sink, const std::vector<T>& values) {
  sink.number(static_cast<int64_t>(values.size()));
  for (const auto& value : values) send(sink, value);
}

void receive(Source& source, int64_t& value) { value = source.number(); }
void receive(Source& source, double& value) {
  source.get(std::as_writable_bytes(std::span(&value, 1)));
}
void receive(Source& source, std::string& value) { value = source.text(); }
template <class T>
void receive(Source& source, std::vector<T>& values) {
  values.resize(source.count(sizeof(T)));
  for (auto& value : values) receive(source, value);
}

/// The attribute of the kind number `index` of the variant.
template <size_t i = 0>
Attribute receive_attribute(Source& source, size_t index) {
  if constexpr (i < std::variant_size_v<Attribute>) {
    if (index != i) return receive_attribute<i + 1>(source, index);
    std::variant_alternative_t<i, Attribute> value{};
    receive(source, value);
    return value;
  } else {
    throw Source::Ended{};
  }
}

}  // namespace

void send_tree(Sink& sink, const Tree& tree) {
  sink.text(tree.file_);
  sink.number(static_cast<int64_t>(tree.arrays.size()));
  for (const auto& [name, array] : tree.arrays) {
    sink.text(name);
    sink.number(static_cast<int64_t>(array.type));
    send(sink, array.shape);
    sink.number(static_cast<int64_t>(array.bytes.size()));
    sink.put(array.bytes);
  }
  sink.number(static_cast<int64_t>(tree.attributes.size()));
  for (const auto& [object, named] : tree.attributes) {
    sink.text(object);
    sink.number(static_cast<int64_t>(named.size()));
    for (const auto& [name, value] : named) {
      sink.text(name);
      sink.number(static_cast<int64_t>(value.index()));
      std::visit([&](const auto& v) { send(sink, v); }, value);
    }
  }
}

Tree receive_tree(Source& source) {
  Tree tree;
  tree.file_ = source.text();
  for (size_t n = source.count(1); n > 0; --n) {
    Array& array = tree.arrays[source.text()];
    const int64_t type = source.number();
    if (type < 0 || type > static_cast<int64_t>(Type::u64)) throw Source::Ended{};
    array.type = static_cast<Type>(type);
    receive(source, array.shape);
    array.bytes.resize(source.count(1));
    source.get(array.bytes);
  }
  for (size_t n = source.count(1); n > 0; --n) {
    auto& named = tree.attributes[source.text()];
    for (size_t m = source.count(1); m > 0; --m) {
      auto name = source.text();
      const auto index = static_cast<size_t>(source.number());
      named[std::move(name)] = receive_attribute(source, index);
    }
  }
  return tree;
}

}  // namespace kdseg::io

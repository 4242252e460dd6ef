// Memory for arrays that vector instructions work on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace mnist::cpu {

// `size` values of a plain type, zero at first, aligned to a cache line. Its address never changes.
template <class Value>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : values_(static_cast<Value*>(
            ::operator new(std::max<std::size_t>(size, 1) * sizeof(Value), alignment))),
        size_(size) {
    std::fill_n(data(), size, Value{});
  }

  Value* data() { return values_.get(); }
  const Value* data() const { return values_.get(); }
  std::size_t size() const { return size_; }
  Value& operator[](std::size_t index) { return values_.get()[index]; }
  const Value& operator[](std::size_t index) const { return values_.get()[index]; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(Value* values) const { ::operator delete(values, alignment); }
  };
  std::unique_ptr<Value, Free> values_;
  std::size_t size_ = 0;
};

}  // namespace mnist::cpu

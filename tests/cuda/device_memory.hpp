// The memory of GPUs that are not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "cuda/refusal.hpp"

namespace mnist::cuda {

// Addresses are real, but nobody can read or write there except while an Opening lives, so that a
// host that reads a GPU's memory crashes, as it would. All memory is poison at first, and so are
// the zones before and after each allocation. No address is given out twice.
class DeviceMemory {
 public:
  static constexpr int poison = 0xff;  // as floats NaN, as indices far out of range

  DeviceMemory();
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  void* allocate(int gpu, std::size_t bytes);
  void free(void* memory);

  // Throws Refusal where `bytes` from `memory` on are not all of one living allocation on `gpu`.
  // `name` is what they are to hold.
  void require_allocated(int gpu, const void* memory, std::size_t bytes,
                         const std::string& name) const;
  // Whether it is a GPU's address at all, allocated or not.
  bool contains(const void* memory) const;

  std::size_t allocations() const;
  std::size_t bytes_in_use(int gpu) const;

  class Opening {
   public:
    explicit Opening(const DeviceMemory& memory) : memory_(memory) { memory_.protect(false); }
    ~Opening() { memory_.protect(true); }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

    // Whether nothing was written just before or after an allocation.
    bool guards_intact() const;

   private:
    const DeviceMemory& memory_;
  };

 private:
  struct Allocation {
    int gpu = 0;
    std::size_t bytes = 0;
    bool freed = false;
  };

  void protect(bool locked) const;

  std::byte* begin_ = nullptr;
  std::size_t used_ = 0;
  std::map<const std::byte*, Allocation> allocations_;  // by where they begin
};

}  // namespace mnist::cuda

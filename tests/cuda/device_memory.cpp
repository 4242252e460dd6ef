#include "cuda/device_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace mnist::cuda {
namespace {

constexpr std::size_t address_space = std::size_t{16} << 30;  // reserved, hardly ever touched
constexpr std::size_t page = 4096;
constexpr std::size_t alignment = 256;  // of what cudaMalloc() gives out
constexpr std::size_t guard = 256;      // and more, where an allocation does not fill its pages

std::size_t pages_of(std::size_t bytes) { return (bytes + page - 1) / page * page; }

}  // namespace

DeviceMemory::DeviceMemory() {
  void* reserved =
      ::mmap(nullptr, address_space, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) throw std::bad_alloc();
  begin_ = static_cast<std::byte*>(reserved);
  // All of it is locked and unlocked again and again: large pages make that quick, where there are.
  ::madvise(begin_, address_space, MADV_HUGEPAGE);
}

DeviceMemory::~DeviceMemory() { ::munmap(begin_, address_space); }

void DeviceMemory::protect(bool locked) const {
  if (::mprotect(begin_, address_space, locked ? PROT_NONE : PROT_READ | PROT_WRITE) != 0)
    throw std::bad_alloc();
}

void* DeviceMemory::allocate(int gpu, std::size_t bytes) {
  static_assert(guard % alignment == 0);
  const std::size_t whole = pages_of(guard + bytes + guard);
  if (address_space - used_ < whole) throw std::bad_alloc();
  std::byte* first = begin_ + used_;
  used_ += whole;
  const Opening opening(*this);
  std::memset(first, poison, whole);
  allocations_[first + guard] = {gpu, bytes};
  return first + guard;
}

void DeviceMemory::free(void* memory) {
  const auto found = allocations_.find(static_cast<std::byte*>(memory));
  require(found != allocations_.end(), cudaErrorInvalidValue, "freeing what was never allocated");
  require(!found->second.freed, cudaErrorInvalidValue, "freeing memory twice");
  found->second.freed = true;
  // Its addresses stay taken; the host's memory behind them is given back.
  ::madvise(static_cast<std::byte*>(memory) - guard, pages_of(guard + found->second.bytes + guard),
            MADV_DONTNEED);
}

void DeviceMemory::require_allocated(int gpu, const void* memory, std::size_t bytes,
                                     const std::string& name) const {
  require(memory != nullptr, cudaErrorInvalidValue, name + ": a null pointer");
  require(contains(memory), cudaErrorIllegalAddress, name + ": the host's memory");
  const auto* first = static_cast<const std::byte*>(memory);
  auto found = allocations_.upper_bound(first);
  require(found != allocations_.begin(), cudaErrorIllegalAddress, name + ": before all memory");
  const auto& [begin, allocation] = *--found;
  require(!allocation.freed, cudaErrorIllegalAddress, name + ": memory that was freed");
  require(allocation.gpu == gpu, cudaErrorIllegalAddress, name + ": memory of another GPU");
  const auto offset = static_cast<std::size_t>(first - begin);
  require(offset <= allocation.bytes && bytes <= allocation.bytes - offset, cudaErrorIllegalAddress,
          name + ": " + std::to_string(bytes) + " bytes at " + std::to_string(offset) + " of " +
              std::to_string(allocation.bytes));
}

bool DeviceMemory::contains(const void* memory) const {
  const auto* address = static_cast<const std::byte*>(memory);
  return address >= begin_ && address < begin_ + address_space;
}

std::size_t DeviceMemory::allocations() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(allocations_, [](const auto& entry) { return !entry.second.freed; }));
}

std::size_t DeviceMemory::bytes_in_use(int gpu) const {
  std::size_t bytes = 0;
  for (const auto& [begin, allocation] : allocations_)
    if (!allocation.freed && allocation.gpu == gpu) bytes += allocation.bytes;
  return bytes;
}

bool DeviceMemory::Opening::guards_intact() const {
  const auto poisoned = [](const std::byte* zone) {
    return std::all_of(zone, zone + guard, [](std::byte b) { return b == std::byte{poison}; });
  };
  return std::ranges::all_of(memory_.allocations_, [&](const auto& entry) {
    const auto& [begin, allocation] = entry;
    return allocation.freed || (poisoned(begin - guard) && poisoned(begin + allocation.bytes));
  });
}

}  // namespace mnist::cuda

// The objects behind opaque handles.
#pragma once

#include <list>
#include <map>
#include <string>
#include <utility>

#include "cuda/refusal.hpp"

namespace mnist::cuda {

// No two objects ever have the same handle, of whatever kind they are: what was destroyed is kept,
// so that it can be told from what was made after it.
template <class Handle, class Object>
class Handles {
 public:
  explicit Handles(std::string name) : name_(std::move(name)) {}

  Handle add(Object object) {
    Entry* made = &entries_.emplace_back(Entry{std::move(object)});
    by_address_[made] = made;
    ++alive_;
    return reinterpret_cast<Handle>(made);
  }

  // Throws Refusal where the handle is null, destroyed, or of something else.
  Object& at(Handle handle) {
    const auto found = by_address_.find(handle);
    require(found != by_address_.end(), cudaErrorInvalidResourceHandle, "this is no " + name_);
    require(found->second->alive, cudaErrorInvalidResourceHandle, "a destroyed " + name_);
    return found->second->object;
  }

  void destroy(Handle handle) {
    at(handle);
    by_address_.at(handle)->alive = false;
    --alive_;
  }

  template <class Visit>
  void each(const Visit& visit) {
    for (Entry& entry : entries_)
      if (entry.alive) visit(entry.object);
  }

  const std::string& name() const { return name_; }
  std::size_t alive() const { return alive_; }

 private:
  struct Entry {
    Object object;
    bool alive = true;
  };

  std::string name_;
  std::list<Entry> entries_;
  std::map<const void*, Entry*> by_address_;
  std::size_t alive_ = 0;
};

}  // namespace mnist::cuda

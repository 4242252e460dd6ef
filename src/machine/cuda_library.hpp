// A library of CUDA's that is opened at run time, wherever it lies.
#pragma once

#include <source_location>
#include <string>

#include "machine/cuda_library_folders.hpp"

namespace mnist {

// Stays open until the process ends: cuBLAS and cuDNN leave threads and exit handlers behind that
// must not be unmapped.
class CudaLibrary {
 public:
  // `name` is what people install ("cuBLAS 13"), `file` the file's name with its major version.
  // `needed` is the file that it needs beside it, if any. Takes the first that can be opened, of
  // folders.before_system, where the system's loader finds it, and folders.after_system. Throws
  // GpuFailure that says where it was looked for, and why what was found cannot be used.
  CudaLibrary(std::string name, std::string file, const std::string& needed,
              const CudaLibraryFolders& folders);

  // Throws GpuFailure where the library has no function of this name.
  template <class Function>
  void find(const char* symbol, Function& function) const {
    function = reinterpret_cast<Function>(address(symbol));
  }

 private:
  void* address(const char* symbol) const;
  [[noreturn]] void fail(const std::string& how,
                         std::source_location where = std::source_location::current()) const;

  std::string name_;
  std::string file_;
  void* handle_ = nullptr;
};

}  // namespace mnist

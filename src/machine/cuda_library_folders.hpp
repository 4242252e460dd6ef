// Where cuBLAS and cuDNN may lie besides the folders that the system's loader knows.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "machine/machine.hpp"

namespace mnist {

struct CudaLibraryFolders {
  std::vector<std::filesystem::path> before_system;  // named by the user
  std::vector<std::filesystem::path> after_system;   // guessed
};

// Folders that exist, each once, in the order in which they are to be searched: those below
// CUDNN_ROOT; then those that the build found (`known_at_build`, separated by ':'), those of CUDA
// toolkits, and those of NVIDIA's Python packages, which come with PyTorch. Throws Error(usage)
// where CUDNN_ROOT names no folder.
CudaLibraryFolders cuda_library_folders(const Machine& machine,
                                        std::string_view known_at_build = {});

}  // namespace mnist

#include "cuda/libraries.hpp"

#include <dlfcn.h>

#include "base/error.hpp"

namespace mnist::cuda {
namespace {

bool has(const std::filesystem::path& folder, const std::string& file) {
  std::error_code unreadable;
  return std::filesystem::exists(folder / file, unreadable);
}

void* open_file(const std::string& file) { return ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL); }

// A shared library that stays open until the process ends: cuBLAS and cuDNN leave threads and exit
// handlers behind that must not be unmapped.
class OpenLibrary {
 public:
  // `name` is for people, `file` the file's name with the major version that the headers are of.
  // `needed` is a library of the same maker that it needs, if any.
  OpenLibrary(std::string name, std::string file, std::string needed,
              const CudaLibraryFolders& folders)
      : name_(std::move(name)), file_(std::move(file)), needed_(std::move(needed)) {
    if (open_in(folders.before_system) || open_in_system() || open_in(folders.after_system)) return;
    throw Error(ExitCode::no_gpu,
                name_ + " (" + file_ + ") " +
                    (refusals_.empty() ? "is not in "
                                       : "cannot be used: " + refusals_ + "; looked for it in ") +
                    looked_in_,
                "install " + name_ + ", or name its folder in CUDNN_ROOT or LD_LIBRARY_PATH");
  }

  template <class Function>
  void find(const char* symbol, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle_, symbol));
    if (!function)
      throw Error(ExitCode::no_gpu, name_ + " (" + file_ + ") has no function " + symbol,
                  "install a " + name_ + " of the version that this build was made with");
  }

 private:
  bool open_in(const std::vector<std::filesystem::path>& folders) {
    for (const std::filesystem::path& folder : folders) {
      list(looked_in_, ", ", folder.string());
      if (!has(folder, file_)) continue;
      // Not every copy says that what it needs lies beside it; once opened, it is found by name.
      if (!needed_.empty() && has(folder, needed_)) open_file(folder / needed_);
      handle_ = open_file(folder / file_);
      if (handle_) return true;
      list(refusals_, "; ", ::dlerror());
    }
    return false;
  }

  bool open_in_system() {
    list(looked_in_, ", ", "the system's folders");
    handle_ = open_file(file_);
    if (handle_) return true;
    // That it is not there is no refusal; that something is missing which it needs is one.
    if (const std::string refusal = ::dlerror();
        !refusal.starts_with(file_ + ": cannot open shared object file: No such file"))
      list(refusals_, "; ", refusal);
    return false;
  }

  static void list(std::string& items, const char* separator, const std::string& item) {
    items += (items.empty() ? "" : separator) + item;
  }

  std::string name_;
  std::string file_;
  std::string needed_;
  std::string looked_in_;
  std::string refusals_;
  void* handle_ = nullptr;
};

Cublas open_cublas(const CudaLibraryFolders& folders) {
  const std::string major = std::to_string(CUBLAS_VER_MAJOR);
  const OpenLibrary library("cuBLAS", "libcublas.so." + major, "libcublasLt.so." + major, folders);
  Cublas table;
  library.find("cublasCreate_v2", table.create);
  library.find("cublasDestroy_v2", table.destroy);
  library.find("cublasGetProperty", table.get_property);
  library.find("cublasGetStatusName", table.status_name);
  library.find("cublasSetStream_v2", table.set_stream);
  library.find("cublasSetWorkspace_v2", table.set_workspace);
  library.find("cublasSetMathMode", table.set_math_mode);
  library.find("cublasSgemm_v2", table.sgemm);
  return table;
}

Cudnn open_cudnn(const CudaLibraryFolders& folders) {
  const OpenLibrary library("cuDNN", "libcudnn.so." + std::to_string(CUDNN_MAJOR), "", folders);
  Cudnn table;
  library.find("cudnnCreate", table.create);
  library.find("cudnnDestroy", table.destroy);
  library.find("cudnnGetProperty", table.get_property);
  library.find("cudnnGetErrorString", table.status_name);
  library.find("cudnnSetStream", table.set_stream);
  library.find("cudnnCreateTensorDescriptor", table.create_tensor);
  library.find("cudnnSetTensor4dDescriptor", table.set_tensor);
  library.find("cudnnDestroyTensorDescriptor", table.destroy_tensor);
  library.find("cudnnCreateFilterDescriptor", table.create_filter);
  library.find("cudnnSetFilter4dDescriptor", table.set_filter);
  library.find("cudnnDestroyFilterDescriptor", table.destroy_filter);
  library.find("cudnnCreateConvolutionDescriptor", table.create_convolution);
  library.find("cudnnSetConvolution2dDescriptor", table.set_convolution);
  library.find("cudnnSetConvolutionMathType", table.set_convolution_math);
  library.find("cudnnDestroyConvolutionDescriptor", table.destroy_convolution);
  library.find("cudnnGetConvolutionForwardWorkspaceSize", table.forward_workspace);
  library.find("cudnnGetConvolutionBackwardDataWorkspaceSize", table.backward_data_workspace);
  library.find("cudnnGetConvolutionBackwardFilterWorkspaceSize", table.backward_filter_workspace);
  library.find("cudnnConvolutionForward", table.convolution_forward);
  library.find("cudnnConvolutionBackwardData", table.convolution_backward_data);
  library.find("cudnnConvolutionBackwardFilter", table.convolution_backward_filter);
  library.find("cudnnAddTensor", table.add_tensor);
  library.find("cudnnConvolutionBackwardBias", table.backward_bias);
  library.find("cudnnCreateActivationDescriptor", table.create_activation);
  library.find("cudnnSetActivationDescriptor", table.set_activation);
  library.find("cudnnDestroyActivationDescriptor", table.destroy_activation);
  library.find("cudnnActivationForward", table.activation_forward);
  library.find("cudnnActivationBackward", table.activation_backward);
  return table;
}

}  // namespace

Libraries open_libraries(const CudaLibraryFolders& folders) {
  return {open_cublas(folders), open_cudnn(folders)};
}

}  // namespace mnist::cuda

#include "cuda/libraries.hpp"

#include <dlfcn.h>

#include "base/error.hpp"

namespace mnist::cuda {
namespace {

// A shared library that stays open until the process ends: cuBLAS and cuDNN leave threads and exit
// handlers behind that must not be unmapped.
class OpenLibrary {
 public:
  // `name` is for people, `file` the file's name with the major version that the headers are of.
  OpenLibrary(std::string name, const std::string& file,
              const std::vector<std::filesystem::path>& folders)
      : name_(std::move(name)) {
    std::string refusals;
    if (open(file, refusals)) return;
    for (const std::filesystem::path& folder : folders)
      if (exists(folder / file) && open(folder / file, refusals)) return;
    std::string looked_in = "the system's folders";
    for (const std::filesystem::path& folder : folders) looked_in += ", " + folder.string();
    throw Error(ExitCode::no_gpu,
                name_ + " (" + file + ") is missing or cannot be used: " + refusals +
                    "; looked for it in " + looked_in,
                "install " + name_ + ", or name its folder in CUDNN_ROOT or LD_LIBRARY_PATH");
  }

  template <class Function>
  void find(const char* symbol, Function& function) const {
    function = reinterpret_cast<Function>(::dlsym(handle_, symbol));
    if (!function)
      throw Error(ExitCode::no_gpu, name_ + " has no function " + symbol,
                  "install a " + name_ + " of the version that this build was made with");
  }

 private:
  bool open(const std::filesystem::path& file, std::string& refusals) {
    handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle_) refusals += (refusals.empty() ? "" : "; ") + std::string(::dlerror());
    return handle_ != nullptr;
  }

  std::string name_;
  void* handle_ = nullptr;
};

Cublas open_cublas(const std::vector<std::filesystem::path>& folders) {
  const OpenLibrary library("cuBLAS", "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR), folders);
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

Cudnn open_cudnn(const std::vector<std::filesystem::path>& folders) {
  const OpenLibrary library("cuDNN", "libcudnn.so." + std::to_string(CUDNN_MAJOR), folders);
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

Libraries open_libraries(const std::vector<std::filesystem::path>& folders) {
  return {open_cublas(folders), open_cudnn(folders)};
}

}  // namespace mnist::cuda

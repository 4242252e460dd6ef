#include "machine/cuda_library_folders.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "machine/made_up_machine.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class CudaFolders : public MadeUpMachine {
 protected:
  void make(const char* folder) { fs::create_directories(root() / folder); }
  void link(const char* name, const char* target) { fs::create_symlink(target, root() / name); }

  // As seen from the machine's root.
  std::vector<std::string> named() const { return from_root(find("").before_system); }
  std::vector<std::string> guessed(std::string_view known_at_build = "") const {
    return from_root(find(known_at_build).after_system);
  }

 private:
  CudaLibraryFolders find(std::string_view known_at_build) const {
    return cuda_library_folders(machine(), known_at_build);
  }
  std::vector<std::string> from_root(const std::vector<fs::path>& folders) const {
    std::vector<std::string> names;
    for (const fs::path& folder : folders)
      names.push_back(folder.lexically_relative(fs::canonical(root())).string());
    return names;
  }
};

TEST_F(CudaFolders, AreNoneOnABareMachine) {
  variables = {{"CUDNN_ROOT", ""}, {"VIRTUAL_ENV", "/none"}, {"HOME", "/none"}};
  EXPECT_THAT(named(), IsEmpty());
  EXPECT_THAT(guessed(), IsEmpty());
}

TEST_F(CudaFolders, OfCudnnRootComeBeforeTheSystems) {
  for (const char* folder : {"opt/cudnn/lib", "opt/cudnn/lib64", "opt/cudnn/include"}) make(folder);
  variables["CUDNN_ROOT"] = "/opt/cudnn";
  EXPECT_THAT(named(), ElementsAre("opt/cudnn/lib64", "opt/cudnn/lib", "opt/cudnn"));
  EXPECT_THAT(guessed(), IsEmpty());
  variables["CUDNN_ROOT"] = "/opt/cudnn/lib";
  EXPECT_THAT(named(), ElementsAre("opt/cudnn/lib"));
}

TEST_F(CudaFolders, ThatAreNamedMustBeThere) {
  variables["CUDNN_ROOT"] = "/opt/mistyped";
  try {
    named();
    ADD_FAILURE() << "nobody noticed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr("/opt/mistyped, where no folder is"));
  }
}

TEST_F(CudaFolders, OfTheBuildComeFirstAmongGuesses) {
  for (const char* folder : {"usr/local/cuda/lib64", "opt/a/lib", "opt/b/lib"}) make(folder);
  EXPECT_THAT(guessed("/opt/b/lib:/opt/none::/opt/a/lib:"),
              ElementsAre("opt/b/lib", "opt/a/lib", "usr/local/cuda/lib64"));
}

TEST_F(CudaFolders, OfToolkitsAreEachOnceTheChosenFirst) {
  for (const char* folder :
       {"usr/local/cuda-12.9/targets/x86_64-linux/lib", "usr/local/cuda-13.0/lib64",
        "usr/local/cuda-13.0/targets/sbsa-linux/lib", "usr/local/lib"})
    make(folder);
  link("usr/local/cuda-12.9/lib64", "targets/x86_64-linux/lib");
  link("usr/local/cuda", "cuda-12.9");
  EXPECT_THAT(guessed(), ElementsAre("usr/local/cuda-12.9/targets/x86_64-linux/lib",
                                     "usr/local/cuda-13.0/lib64",
                                     "usr/local/cuda-13.0/targets/sbsa-linux/lib"));
}

TEST_F(CudaFolders, OfPythonPackagesAreFoundWherePythonKeepsThem) {
  const std::vector<std::string> sites{
      "venv/lib/python3.11/site-packages",           "conda/lib/python3.12/site-packages",
      "home/me/.local/lib/python3.10/site-packages", "usr/local/lib/python3.12/site-packages",
      "usr/local/lib/python3.12/dist-packages",      "usr/lib/python3/dist-packages"};
  for (const std::string& site : sites) make((site + "/nvidia/cudnn/lib").c_str());
  variables = {{"VIRTUAL_ENV", "/venv"}, {"CONDA_PREFIX", "/conda"}, {"HOME", "/home/me"}};
  std::vector<std::string> expected;
  for (const std::string& site : sites) expected.push_back(site + "/nvidia/cudnn/lib");
  expected.push_back("conda/lib");
  EXPECT_EQ(guessed(), expected);
}

TEST_F(CudaFolders, OfPythonPackagesAreThoseOfBothLibraries) {
  const std::string nvidia = "usr/lib/python3/dist-packages/nvidia/";
  for (const char* package : {"cublas", "cudnn", "cu13", "cu14", "cufft", "cuda_runtime", "nccl"})
    make((nvidia + package + "/lib").c_str());
  EXPECT_THAT(guessed(), ElementsAre(nvidia + "cudnn/lib", nvidia + "cublas/lib",
                                     nvidia + "cu14/lib", nvidia + "cu13/lib"));
}

}  // namespace
}  // namespace mnist

#include "machine/cuda_library.hpp"

#include <gmock/gmock.h>

#include "dataset/sample_set.hpp"
#include "machine/gpu_failure.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The two as a package has them: the first needs the second, and does not say where it lies.
constexpr char library_file[] = "libstand_in_library.so.1";
constexpr char needed_file[] = "libstand_in_needed.so.1";
// One that every system of ours has.
constexpr char system_file[] = "libz.so.1";

class OpeningACudaLibrary : public testing::Test {
 protected:
  fs::path folder(const std::string& name) const {
    const fs::path folder = folder_.path() / name;
    fs::create_directory(folder);
    return folder;
  }
  fs::path folder_with(const std::string& name, std::vector<const char*> files) const {
    for (const char* file : files) fs::copy(fs::path(MNIST_STAND_INS) / file, folder(name) / file);
    return folder(name);
  }

 private:
  TemporaryFolder folder_;
};

int call(const CudaLibrary& library, const char* symbol) {
  int (*function)() = nullptr;
  library.find(symbol, function);
  return function();
}

template <class Use>
std::string refusal(Use use) {
  try {
    use();
  } catch (const GpuFailure& failure) {
    EXPECT_EQ(failure.facts().library, GpuLibrary::loader);
    EXPECT_EQ(failure.facts().wanted, "cuXX 1");
    EXPECT_EQ(failure.facts().doing, "opening cuXX 1");
    return failure.facts().status_text;
  }
  ADD_FAILURE() << "not refused";
  return "";
}

TEST_F(OpeningACudaLibrary, SaysWhereItWasLookedFor) {
  const CudaLibraryFolders folders{{folder("a")}, {folder("b"), folder("c")}};
  EXPECT_EQ(refusal([&] { CudaLibrary("cuXX 1", library_file, "", folders); }),
            "libstand_in_library.so.1 is missing (looked for in " + folder("a").string() +
                ", the system's folders, " + folder("b").string() + ", " + folder("c").string() +
                ")");
}

// In this order in one process: what is open stays open, and is known by its name.
TEST_F(OpeningACudaLibrary, OpensWhatItNeedsFromTheSameFolder) {
  const fs::path alone = folder_with("alone", {library_file});
  const fs::path both = folder_with("both", {library_file, needed_file});
  EXPECT_THAT(
      refusal([&] {
        CudaLibrary("cuXX 1", library_file, needed_file, {{}, {alone}});
      }),
      AllOf(HasSubstr(" cannot be used: libstand_in_needed.so.1: cannot open shared object"),
            HasSubstr(" (looked for in the system's folders, " + alone.string() + ")")));
  EXPECT_THAT(refusal([&] {
                CudaLibrary("cuXX 1", library_file, "", {{}, {both}});
              }),
              HasSubstr("libstand_in_needed.so.1: cannot open shared object"))
      << "or the stand-in finds by itself what it needs, and this tests nothing";
  const CudaLibrary library("cuXX 1", library_file, needed_file, {{}, {alone, both}});
  EXPECT_EQ(call(library, "stand_in_answer"), 42);
}

TEST_F(OpeningACudaLibrary, NamesTheFunctionThatItLacks) {
  const CudaLibrary library("cuXX 1", needed_file, "", {{}, {folder_with("n", {needed_file})}});
  EXPECT_EQ(call(library, "stand_in_needed"), 41);
  EXPECT_EQ(refusal([&] { call(library, "cuxxNew"); }),
            "libstand_in_needed.so.1 has no function cuxxNew");
}

TEST_F(OpeningACudaLibrary, GoesOnWhereACopyIsBroken) {
  write_file(folder("broken") / needed_file, "not a library");
  const CudaLibraryFolders folders{{folder("broken")}, {folder_with("whole", {needed_file})}};
  EXPECT_EQ(call(CudaLibrary("cuXX 1", needed_file, "", folders), "stand_in_needed"), 41);
  write_file(folder("broken") / "libbroken.so.1", "not a library");
  EXPECT_THAT(refusal([&] { CudaLibrary("cuXX 1", "libbroken.so.1", "", folders); }),
              AllOf(HasSubstr("cannot be used: "), HasSubstr("libbroken.so.1: ")));
}

TEST_F(OpeningACudaLibrary, PrefersTheSystemsToAGuessAndTheUsersToTheSystems) {
  const fs::path other = folder("other");
  fs::copy(fs::path(MNIST_STAND_INS) / needed_file, other / system_file);
  const CudaLibrary guessed("cuXX 1", system_file, "", {{}, {other}});
  EXPECT_THAT(refusal([&] { call(guessed, "stand_in_needed"); }), HasSubstr("has no function"));
  const CudaLibrary named("cuXX 1", system_file, "", {{other}, {}});
  EXPECT_EQ(call(named, "stand_in_needed"), 41);
}

}  // namespace
}  // namespace mnist

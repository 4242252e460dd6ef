// What a user sees when a call of CUDA, cuBLAS or cuDNN fails: each of them, one after the other.
#include <gmock/gmock.h>

#include <array>
#include <set>

#include "base/error.hpp"
#include "cuda/check.hpp"
#include "cuda/engine.hpp"
#include "cuda/machine.hpp"
#include "machine/gpu_failure.hpp"
#include "patterned_images.hpp"
#include "verdict/diagnosis.hpp"

namespace mnist::cuda {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// All kinds of layers, and a convolution whose inputs need gradients.
const Network all_layers{
    .name = "all layers",
    .input = {1, 8, 8},
    .layers = {Conv2d{.filters = 3, .kernel = 3}, Relu{}, MaxPool{.window = 2},
               Conv2d{.filters = 2, .kernel = 2}, Dropout{.keep = 0.5f}, Linear{.units = 10}}};

const Dataset& images() {
  static const Dataset set = patterned_images(all_layers.input, 12, 5);
  return set;
}

constexpr std::array rates{0.01f, 0.01f, 0.01f};
const std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

// All that an engine can do. Tells what it recorded.
std::string use_everything() {
  const EngineConfig config{plan(all_layers), 4, 3, Precision::fp32};
  const std::unique_ptr<Engine> engine = make_engine(config, 0, stand_in_libraries());
  engine->load(images(), images());
  engine->restore(initial_state(config.network, 1));
  engine->train(order, rates);
  engine->train_timed(std::span(order).first(4), 0.01f);
  engine->evaluate();
  engine->infer(images().pixels);
  std::vector<std::vector<float>> outputs;
  engine->outputs(images().pixels, outputs);
  engine->probe(std::span(order).first(4));
  engine->parameters();
  engine->state();
  return engine->describe().recording;
}

// Whose failure need not be told: what gives something back, what says what was recorded more
// fully, and what tells whether there is a faster way.
const std::set<std::string> harmless{"cudaFree",
                                     "cudaFreeHost",
                                     "cudaStreamDestroy",
                                     "cudaEventDestroy",
                                     "cudaGraphDestroy",
                                     "cudaGraphExecDestroy",
                                     "cublasDestroy",
                                     "cudnnDestroy",
                                     "cudnnDestroy...Descriptor",
                                     "cudaGetDriverEntryPointByVersion",
                                     "cudnnGetConvolutionForwardWorkspaceSize"};

std::string status_of(const std::string& function) {
  if (function.starts_with("cublas")) return "CUBLAS_STATUS_EXECUTION_FAILED";
  if (function.starts_with("cudnn")) return "CUDNN_STATUS_EXECUTION_FAILED";
  return "cudaErrorLaunchFailure \\(719\\)";
}

GpuLibrary library_of(const std::string& function) {
  if (function.starts_with("cublas")) return GpuLibrary::cublas;
  return function.starts_with("cudnn") ? GpuLibrary::cudnn : GpuLibrary::cuda;
}

TEST(Failures, OfEachCallAreCleanErrors) {
  use_everything();
  const std::vector<std::string> log = machine().calls.log();
  bool recording = false;
  std::size_t errors = 0;
  std::size_t fallbacks = 0;
  for (std::size_t number = 0; number < log.size(); ++number) {
    const std::string& function = log[number];
    SCOPED_TRACE("call " + std::to_string(number) + ", " + function);
    recording |= function == "cudaStreamBeginCapture";
    renew_machine();
    machine().calls.fail_call(number);
    try {
      const std::string recorded = use_everything();
      fallbacks += recording;
      if (!harmless.contains(function)) {
        EXPECT_TRUE(recording) << "nobody noticed";
        EXPECT_THAT(recorded, ContainsRegex("not recorded \\(.+ failed: " + status_of(function)));
      }
    } catch (const GpuFailure& error) {
      ++errors;
      EXPECT_THAT(error.what(), ContainsRegex("^[^:]+ failed: " + status_of(function)));
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      EXPECT_EQ(error.facts().library, library_of(function));
      EXPECT_FALSE(recording) << "what cannot be recorded can be run";
    }
    EXPECT_THAT(machine().leftovers(), IsEmpty());
    EXPECT_THAT(machine().refusals, IsEmpty());
    if (function == "cudaGraphInstantiateWithFlags") recording = false;
  }
  // The test is of something.
  EXPECT_GT(errors, 100u);
  EXPECT_GT(fallbacks, 30u);
}

TEST(Failures, OfAGpuWithoutMemorySayHowMuchWasAskedForAndIsThere) {
  machine().memory_of_gpu = std::size_t{5} << 20;
  try {
    use_everything();
    FAIL() << "5 MiB were enough";
  } catch (const GpuFailure& error) {
    const GpuFailureFacts& facts = error.facts();
    EXPECT_EQ(facts.status, 2);
    EXPECT_EQ(facts.status_text, "cudaErrorMemoryAllocation (2), what the stand-in says of it");
    EXPECT_THAT(facts.doing, ContainsRegex("^taking [0-9]+ MiB of GPU memory for [a-z' ]+$"));
    EXPECT_LT(facts.free_memory_bytes.value(), std::uint64_t{5} << 20);
    EXPECT_EQ(facts.total_memory_bytes, std::uint64_t{5} << 20);
  }
  EXPECT_THAT(machine().refusals, testing::ElementsAre("cudaMalloc: more than is free"));
  machine().refusals.clear();
}

// A GPU that others have filled may not even let cuBLAS start.
TEST(Failures, OfAnyCallForWantOfGpuMemorySayWhatIsFree) {
  for (const char* function : {"cudaSetDevice", "cublasCreate", "cudnnCreate"}) {
    renew_machine();
    machine().calls.fail_function(function, {.runtime = cudaErrorMemoryAllocation,
                                             .cublas = CUBLAS_STATUS_ALLOC_FAILED,
                                             .cudnn = CUDNN_STATUS_ALLOC_FAILED});
    try {
      use_everything();
      FAIL() << function << " failed and nobody said so";
    } catch (const GpuFailure& error) {
      EXPECT_EQ(diagnose(error.facts(), {}).code, ExitCode::out_of_device_memory);
      EXPECT_TRUE(error.facts().free_memory_bytes) << function;
      EXPECT_EQ(error.facts().total_memory_bytes, std::uint64_t{4096} << 20);
    }
  }
}

TEST(Failures, OfTheHostsPageLockedMemoryAreNotTheGpus) {
  machine().calls.fail_function("cudaMallocHost", {.runtime = cudaErrorMemoryAllocation});
  try {
    use_everything();
    FAIL() << "no page-locked memory was enough";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::failed);
    EXPECT_THAT(error.what(),
                ContainsRegex("^taking [0-9]+ MiB of page-locked memory of the host"));
  }
}

// The next engine starts afresh on what the failed one left.
TEST(Failures, LeaveNothingThatAnotherEngineWouldStumbleOver) {
  machine().calls.fail_call(machine().calls.log().size() + 40);
  EXPECT_THROW(use_everything(), Error);
  EXPECT_THAT(use_everything(), Not(HasSubstr("not recorded")));
}

TEST(Failures, OfAGpuThatIsNotThereNameIt) {
  const EngineConfig config{plan(all_layers), 4, 3, Precision::fp32};
  try {
    make_engine(config, 7, stand_in_libraries());
    FAIL() << "there are 2 GPUs";
  } catch (const GpuFailure& error) {
    EXPECT_THAT(error.what(), HasSubstr("choosing GPU 7 failed: cudaErrorInvalidDevice"));
  }
  machine().refusals.clear();
}

// A kernel that wrote where it should not: found when the engine waits for it, by whatever call.
TEST(Failures, WithinQueuedWorkAreFoundByWaiting) {
  const EngineConfig config{plan(all_layers), 4, 3, Precision::fp32};
  const std::unique_ptr<Engine> engine = make_engine(config, 0, stand_in_libraries());
  engine->load(images(), images());
  machine().streams.fault = cudaErrorIllegalAddress;
  try {
    engine->train(order, rates);
    FAIL() << "the GPU had failed";
  } catch (const GpuFailure& error) {
    EXPECT_EQ(diagnose(error.facts(), {}).code, ExitCode::bug);
    EXPECT_THAT(error.what(), HasSubstr("cudaErrorIllegalAddress"));
  }
}

TEST(Failures, TellWhatIsNeededToJudgeThem) {
  try {
    check(cudaErrorLaunchFailure, "training");
    FAIL() << "it is one";
  } catch (const GpuFailure& error) {
    EXPECT_EQ(error.facts().driver_cuda, CUDART_VERSION);
    EXPECT_EQ(error.facts().runtime_cuda, CUDART_VERSION);
    EXPECT_THAT(error.facts().architectures, ContainsRegex("^[0-9]+( [0-9]+)*$"));
    EXPECT_EQ(error.facts().doing, "training");
    EXPECT_FALSE(error.facts().free_memory_bytes) << "not to be asked of a broken context";
    EXPECT_THAT(error.where().file_name(), testing::EndsWith("failures_test.cpp"));
  }
}

// The diagnosis knows statuses by their numbers, since it includes no header of CUDA's.
TEST(Failures, HaveTheNumbersOfTheHeaders) {
  const auto code = [](GpuLibrary library, int status) {
    GpuFailureFacts facts;
    facts.library = library;
    facts.status = status;
    return diagnose(facts, {}).code;
  };
  const std::pair<cudaError_t, ExitCode> of_cuda[] = {
      {cudaErrorNoDevice, ExitCode::no_gpu},
      {cudaErrorInitializationError, ExitCode::no_gpu},
      {cudaErrorUnknown, ExitCode::no_gpu},
      {cudaErrorInsufficientDriver, ExitCode::no_gpu},  // for there is none
      {cudaErrorCallRequiresNewerDriver, ExitCode::driver_too_old},
      {cudaErrorUnsupportedPtxVersion, ExitCode::driver_too_old},
      {cudaErrorCompatNotSupportedOnDevice, ExitCode::driver_too_old},
      {cudaErrorStubLibrary, ExitCode::driver_mismatch},
      {cudaErrorSystemDriverMismatch, ExitCode::driver_mismatch},
      {cudaErrorNoKernelImageForDevice, ExitCode::gpu_not_in_build},
      {cudaErrorSystemNotReady, ExitCode::not_ready},
      {cudaErrorMpsConnectionFailed, ExitCode::not_ready},
      {cudaErrorMpsRpcFailure, ExitCode::not_ready},
      {cudaErrorMpsServerNotReady, ExitCode::not_ready},
      {cudaErrorMpsMaxClientsReached, ExitCode::busy},
      {cudaErrorMpsMaxConnectionsReached, ExitCode::busy},
      {cudaErrorDevicesUnavailable, ExitCode::busy},
      {cudaErrorOperatingSystem, ExitCode::permission},
      {cudaErrorNotPermitted, ExitCode::permission},
      {cudaErrorMemoryAllocation, ExitCode::out_of_device_memory},
      {cudaErrorECCUncorrectable, ExitCode::hardware_fault},
      {cudaErrorNvlinkUncorrectable, ExitCode::hardware_fault},
      {cudaErrorIllegalAddress, ExitCode::bug},
      {cudaErrorAssert, ExitCode::bug},
      {cudaErrorLaunchFailure, ExitCode::bug},
      {cudaErrorInvalidValue, ExitCode::failed}};
  for (const auto& [status, expected] : of_cuda)
    EXPECT_EQ(code(GpuLibrary::cuda, static_cast<int>(status)), expected) << status;
  EXPECT_EQ(code(GpuLibrary::cublas, CUBLAS_STATUS_ALLOC_FAILED), ExitCode::out_of_device_memory);
  EXPECT_EQ(code(GpuLibrary::cublas, CUBLAS_STATUS_ARCH_MISMATCH), ExitCode::gpu_not_in_build);
  EXPECT_EQ(code(GpuLibrary::cudnn, CUDNN_STATUS_ALLOC_FAILED), ExitCode::out_of_device_memory);
  EXPECT_EQ(code(GpuLibrary::cudnn, CUDNN_STATUS_ARCH_MISMATCH), ExitCode::gpu_not_in_build);
}

}  // namespace
}  // namespace mnist::cuda

#include "report/metrics.hpp"

#include <gmock/gmock.h>

#include "report/sample_results.hpp"
#include "report/well_known_gpu.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string textfile(const RunResult& result) {
  return to_metrics(result, MetricsFormat::textfile);
}

constexpr const char* gpu = R"({uuid="GPU-4f8e2a51",model="NVIDIA H200",node="node-3",pod="pod-7")";

TEST(Metrics, TellWhatIsKnownInBaseUnits) {
  const std::string text = textfile(full_result());
  for (const std::string& line : {
           std::string(R"(mnist_demo_info{version="0.1.0",model="lenet",dataset="mnist",)"
                       R"(node="node-3",pod="pod-7",namespace="gpu-tests",engine="cuda",)"
                       R"(device="NVIDIA H200",precision="tf32"} 1)"),
           std::string("mnist_demo_passed 0"),
           std::string("mnist_demo_exit_code 21"),
           std::string(
               R"(mnist_demo_check{group="health",name="row remapping",outcome="failed"} 1)"),
           std::string("mnist_demo_accuracy_ratio 0.9786"),
           std::string("mnist_demo_loss 0.0669"),
           std::string("mnist_demo_steps 1000"),
           std::string("mnist_demo_images_per_second 81234"),
           std::string(R"(mnist_demo_duration_seconds{phase="data"} 0.25)"),
           std::string(R"(mnist_demo_duration_seconds{phase="engine"} 0.5)"),
           std::string(R"(mnist_demo_duration_seconds{phase="training"} 3)"),
           std::string(R"(mnist_demo_duration_seconds{phase="evaluation"} 1)"),
           std::string(R"(mnist_demo_duration_seconds{phase="total"} 4.75)"),
           "mnist_demo_gpu_duty_cycle_ratio" + std::string(gpu) + "} 0.6",
           "mnist_demo_gpu_memory_used_bytes" + std::string(gpu) + "} 1000000002",
           "mnist_demo_gpu_memory_total_bytes" + std::string(gpu) + "} 1.5e+11",
           "mnist_demo_gpu_power_watts" + std::string(gpu) + "} 226.5",
           "mnist_demo_gpu_temperature_celsius" + std::string(gpu) + "} 45",
           "mnist_demo_gpu_sm_clock_hertz" + std::string(gpu) + "} 1.935e+09",
           "mnist_demo_gpu_host_to_device_bytes_per_second" + std::string(gpu) + "} 2.5125e+10",
           "mnist_demo_gpu_promised_host_to_device_bytes_per_second" + std::string(gpu) +
               "} 3.15e+10",
           "mnist_demo_gpu_device_to_device_bytes_per_second" + std::string(gpu) + "} 3.9e+12",
           "mnist_demo_gpu_product_flops_per_second" + std::string(gpu) + "} 4.525e+13",
           "mnist_demo_gpu_promised_product_flops_per_second" + std::string(gpu) + "} 6e+13",
       })
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("promised_device_to_device"))) << "which is unknown";
  EXPECT_THAT(text, Not(HasSubstr("gpu_exit_code"))) << "one GPU's is the run's";
}

TEST(Metrics, LeaveOutWhatIsUnknownOrNotFinite) {
  RunResult result;
  result.model = "mlp";
  EXPECT_EQ(textfile(result), R"(# HELP mnist_demo_info What ran, and where.
# TYPE mnist_demo_info gauge
mnist_demo_info{model="mlp"} 1
# HELP mnist_demo_passed 1 where the run passed, else 0.
# TYPE mnist_demo_passed gauge
mnist_demo_passed 1
# HELP mnist_demo_exit_code The code that the run ended with.
# TYPE mnist_demo_exit_code gauge
mnist_demo_exit_code 0
# HELP mnist_demo_steps Updates done.
# TYPE mnist_demo_steps gauge
mnist_demo_steps 0
)");
  EXPECT_THAT(textfile(hostile_result()),
              AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf\n")), Not(HasSubstr("power_watts")),
                    Not(HasSubstr("mnist_demo_loss"))));
}

TEST(Metrics, EndAsTheirFormatHasIt) {
  const std::string text = textfile(full_result());
  const std::string open = to_metrics(full_result(), MetricsFormat::open_metrics);
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
  EXPECT_THAT(open, EndsWith("\n# EOF\n"));
  EXPECT_THAT(open, HasSubstr("# TYPE mnist_demo info\nmnist_demo_info{"));
  EXPECT_THAT(open, HasSubstr("# TYPE mnist_demo_passed gauge\nmnist_demo_passed 0\n"));
}

TEST(Metrics, EscapeLabels) {
  RunResult result;
  result.model = "a\"b\\c\nd\xff";
  EXPECT_THAT(textfile(result), HasSubstr("mnist_demo_info{model=\"a\\\"b\\\\c\xEF\xBF\xBD"
                                          "d\xEF\xBF\xBD\"} 1\n"));
}

TEST(Metrics, TellOfEachGpuThatWasTried) {
  RunResult result = two_gpu_result();
  result.gpu_runs[0].gpu.total_memory_bytes = 0;  // as NVML lists it
  const std::string text = textfile(result);
  const std::string first = R"({uuid="GPU-4f8e2a51",model="NVIDIA H200",node="node-3")";
  const std::string second = R"({uuid="GPU-b",model="NVIDIA H200",node="node-3")";
  for (const std::string& line : {
           "mnist_demo_check" + first +
               R"(,group="health",name="row remapping",outcome="failed"} 1)",
           "mnist_demo_gpu_exit_code" + first + "} 21",
           "mnist_demo_gpu_exit_code" + second + "} 20",
           "mnist_demo_gpu_steps" + first + "} 1000",
           "mnist_demo_gpu_accuracy_ratio" + first + "} 0.9786",
           "mnist_demo_gpu_images_per_second" + first + "} 81234",
           "mnist_demo_gpu_duty_cycle_ratio" + first + "} 0.6",
           "mnist_demo_gpu_memory_total_bytes" + first + "} 1.5e+11",
           "mnist_demo_gpu_memory_total_bytes" + second + "} 1.5e+11",
           "mnist_demo_gpu_product_flops_per_second" + first + "} 4.525e+13",
       })
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("accuracy_ratio" + second)));
  EXPECT_THAT(text, Not(HasSubstr("mnist_demo_gpu_steps" + second)));
  EXPECT_THAT(text, Not(HasSubstr("mnist_demo_steps")));
  result.gpu_runs[1].gpu.total_memory_bytes = 0;
  EXPECT_THAT(textfile(result), Not(HasSubstr("memory_total_bytes" + second)));
}

TEST(Metrics, TellOfEachGpuThatWasListed) {
  RunResult result;
  for (const char* uuid : {"GPU-a", "GPU-b"}) {
    result.devices.emplace_back().gpu = well_known_gpu();
    result.devices.back().gpu->uuid = uuid;
  }
  const std::string text = textfile(result);
  EXPECT_THAT(text, HasSubstr("memory_total_bytes{uuid=\"GPU-a\",model=\"NVIDIA H200\"} 1.5e+11"));
  EXPECT_THAT(text, HasSubstr("memory_total_bytes{uuid=\"GPU-b\",model=\"NVIDIA H200\"} 1.5e+11"));
}

TEST(Metrics, TellOfAGpuThatFailedBeforeItWasADevice) {
  RunResult result = full_result();
  result.devices.clear();
  EXPECT_THAT(textfile(result), HasSubstr("gpu_power_watts{uuid=\"GPU-4f8e2a51\""));
}

}  // namespace
}  // namespace mnist

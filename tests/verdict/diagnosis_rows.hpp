// Failures on machines, and what they mean: the cases of the diagnosis.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "machine/evidence.hpp"
#include "machine/gpu_failure.hpp"

namespace mnist {

// Below a machine's root.
using Files = std::map<std::filesystem::path, std::string>;
// All of both.
Files operator+(Files files, const Files& more);

struct Versions {
  int driver = 13000;
  int build = 13000;
};
GpuFailureFacts failure(GpuLibrary library, int status, const Versions& versions = {});

// A machine where all is well, what makes it a container, and libcuda as this process loaded it.
const Files& healthy_files();
const Files& docker_files();
Files loaded(const std::string& libcuda);
// With an Xid, so many seconds after the machine started, 100 seconds after which the process did.
Files log(const std::string& number, int seconds, const std::string& address = "0000:65:00");
// Device files that permit everybody, and refuse.
void loses(Evidence& evidence);

struct DiagnosisRow {
  const char* name;
  GpuFailureFacts failed;
  Files files;
  std::map<std::string, std::string> variables;
  void (*further)(Evidence&);  // what the root of a machine does not show
  int code;
  const char* cause;
  std::vector<const char*> evidence;  // parts of it
  std::vector<const char*> remedy;
};
const std::vector<DiagnosisRow>& diagnosis_rows();

}  // namespace mnist

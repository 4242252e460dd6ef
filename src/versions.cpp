#include "versions.hpp"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <spdlog/version.h>
#include <zlib.h>

#include <cxxopts.hpp>
#include <nlohmann/json.hpp>

#include "cpu/onednn.hpp"
#include "make_engine.hpp"

namespace mnist {
namespace {

template <class Major, class Minor, class Patch>
std::string dotted(Major major, Minor minor, Patch patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

std::string version_text() {
  // Of libraries that are headers alone, or as good as, the version built with is the one run with.
  return "mnist-demo " MNIST_DEMO_VERSION "\n" + cuda_version_line() + "\n" +
         cpu::onednn_version() + "\nlibcurl " + curl_version_info(CURLVERSION_NOW)->version +
         "\nzlib " + zlibVersion() + "\n" + OpenSSL_version(OPENSSL_VERSION) + "\ncxxopts " +
         dotted(cxxopts::version.major, cxxopts::version.minor, cxxopts::version.patch) +
         "\nnlohmann-json " +
         dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                NLOHMANN_JSON_VERSION_PATCH) +
         "\nspdlog " + dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) + "\n";
}

}  // namespace mnist

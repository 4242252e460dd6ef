#include "dataset/catalogue.hpp"

#include <nlohmann/json.hpp>

#include "data/catalogue.hpp"

namespace mnist {

Catalogue mnist_catalogue() {
  const nlohmann::json json = nlohmann::json::parse(embedded::catalogue);
  Catalogue catalogue{.name = json.at("name"),
                      .sha256 = json.at("sha256"),
                      .files = {},
                      .mirrors = json.at("mirrors")};
  for (std::size_t i = 0; i < data_file_count; ++i) {
    const nlohmann::json& file = json.at("files").at(i);
    catalogue.files[i] = {.name = file.at("name"),
                          .bytes = file.at("bytes"),
                          .sha256 = file.at("sha256"),
                          .unpacked_bytes = file.at("unpacked_bytes"),
                          .unpacked_sha256 = file.at("unpacked_sha256")};
  }
  return catalogue;
}

}  // namespace mnist

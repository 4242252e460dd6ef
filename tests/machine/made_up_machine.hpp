// A machine made of a folder.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "dataset/sample_set.hpp"
#include "machine/machine.hpp"

namespace mnist {

class MadeUpMachine : public testing::Test {
 protected:
  const std::filesystem::path& root() const { return folder_.path(); }
  void file(const std::filesystem::path& path, const std::string& content) {
    std::filesystem::create_directories((root() / path).parent_path());
    write_file(root() / path, content);
  }
  Machine machine() const {
    return {root(), [this](const char* name) {
              const auto found = variables.find(name);
              return found == variables.end() ? nullptr : found->second.c_str();
            }};
  }

  std::map<std::string, std::string> variables;

 private:
  TemporaryFolder folder_;
};

}  // namespace mnist

#include "report_paths.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/data_files.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

std::vector<NamedFile> artifact_files(const Options& options) {
  std::vector<NamedFile> files{{"--checkpoint", options.checkpoint, Writing::by_rename},
                               {"--page", options.page},
                               {"--trace", options.trace}};
  for (const std::string& path : options.exports) files.push_back({"--export", path});
  return files;
}

// Without a look into the data folder, which may be on a disk that hangs.
std::vector<InputFile> input_files(const Options& options, const ReportPaths& outputs) {
  std::vector<InputFile> inputs;
  if (!options.resume.empty())
    inputs.push_back({"what --resume reads", options.resume, /*replaced_by=*/"--checkpoint"});
  std::vector<fs::path> files{outputs.json, outputs.junit, outputs.metrics};
  for (const NamedFile& file : outputs.artifacts) files.emplace_back(file.path);
  for (const std::string& name : data_file_names(mnist_catalogue()))
    if (std::ranges::count(files, fs::path(name), &fs::path::filename))
      inputs.push_back({"a file of the data set", options.data_dir / name});
  return inputs;
}

}  // namespace

ReportPaths report_paths(const Options& options) {
  ReportPaths paths{.json = options.json,
                    .junit = options.junit,
                    .metrics = options.metrics,
                    .artifacts = artifact_files(options),
                    .termination_log = !options.one_of_several};
  paths.inputs = input_files(options, paths);
  return paths;
}

}  // namespace mnist

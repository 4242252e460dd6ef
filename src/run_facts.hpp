// What a run says of itself in its log and its result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataset/obtain.hpp"
#include "engine/engine.hpp"
#include "options.hpp"
#include "report/progress_line.hpp"
#include "report/result.hpp"

namespace mnist {

// Of the hidden dense layer: what was asked for, else the network's own.
float keep_probability(const Options& options);

// The step that the training has come to: those of a run that it goes on from count, too.
std::uint64_t reached_step(const RunResult& result);

// "settings: model lenet, max_steps 1000, ...", with the threads of the CPU engine.
std::string settings_line(const Options& options, int threads);

// "data set: mnist, 60000 + 10000 images of 28 x 28, SHA-256 ..."
std::string data_line(const TrainingData& data);

// Of the values as little-endian 32-bit floats in the plan's order.
std::string parameters_sha256(const std::vector<float>& parameters);

// Of the training and its rounds, `seconds` after it began.
TrainingProgress training_progress(const Options& options, const RunResult& result, double seconds);

// The device that a run used: `gpu`, or the CPU where there is none.
DeviceFacts device_facts(const Description& description, Precision precision,
                         const Machine& machine, const std::optional<Gpu>& gpu);
// A device that is listed, and nothing runs on.
DeviceFacts listed_device(const Gpu& gpu);

}  // namespace mnist

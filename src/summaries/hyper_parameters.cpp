#include "summaries/hyper_parameters.hpp"

#include "summaries/event_file.hpp"

namespace mnist {
namespace {

// The numbers of fields are those of TensorBoard's plugins/hparams/{api,plugin_data}.proto.
enum class DataType { string = 1, number = 3 };
enum class Content : std::uint32_t { experiment = 2, session_start = 3, session_end = 4 };
enum class Status { succeeded = 1, failed = 2 };

// A value of a summary that consists of what is known about it.
ProtobufWriter value_of(std::string_view tag, Content kind, const ProtobufWriter& content) {
  ProtobufWriter plugin_data;
  plugin_data.bytes(1, "hparams")
      .message(2, ProtobufWriter().message(static_cast<std::uint32_t>(kind), content));
  constexpr int float32 = 1;
  const ProtobufWriter no_floats =
      ProtobufWriter()
          .varint(1, float32)
          .message(2, ProtobufWriter().message(2, ProtobufWriter().varint(1, 0)));
  return ProtobufWriter()
      .bytes(1, tag)
      .message(8, no_floats)
      .message(9, ProtobufWriter().message(1, plugin_data));
}

ProtobufWriter protobuf_value(const std::variant<double, std::string>& value) {
  if (const double* number = std::get_if<double>(&value))
    return ProtobufWriter().float64(2, *number);
  return ProtobufWriter().bytes(3, std::get<std::string>(value));
}

}  // namespace

ProtobufWriter run_begins(const std::vector<HyperParameter>& parameters) {
  ProtobufWriter experiment;
  ProtobufWriter session;
  for (const HyperParameter& parameter : parameters) {
    const bool is_number = std::holds_alternative<double>(parameter.value);
    experiment.message(4, ProtobufWriter()
                              .bytes(1, parameter.name)
                              .varint(4, is_number ? DataType::number : DataType::string));
    session.message(
        1, ProtobufWriter().bytes(1, parameter.name).message(2, protobuf_value(parameter.value)));
  }
  for (const std::string_view metric : {"accuracy", "cross_entropy"})
    experiment.message(5, ProtobufWriter().message(1, ProtobufWriter().bytes(2, metric)));
  session.float64(5, seconds_since_epoch());
  return ProtobufWriter()
      .message(1, value_of("_hparams_/experiment", Content::experiment, experiment))
      .message(1, value_of("_hparams_/session_start_info", Content::session_start, session));
}

ProtobufWriter run_ended(bool passed) {
  ProtobufWriter session;
  session.varint(1, passed ? Status::succeeded : Status::failed).float64(2, seconds_since_epoch());
  return ProtobufWriter().message(
      1, value_of("_hparams_/session_end_info", Content::session_end, session));
}

}  // namespace mnist

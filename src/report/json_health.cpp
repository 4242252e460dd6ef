// How a GPU fared, as JSON and back.
#include "report/health_summary.hpp"
#include "report/json_parts.hpp"

namespace mnist {
namespace {

Json spread_json(const std::optional<Spread>& spread) {
  if (!spread) return nullptr;
  return {{"min", spread->least}, {"mean", spread->mean}, {"max", spread->most}};
}

Json remapped_rows_json(const std::optional<RemappedRows>& rows) {
  if (!rows) return nullptr;
  return {{"correctable", rows->correctable},
          {"uncorrectable", rows->uncorrectable},
          {"pending", rows->pending},
          {"failed", rows->failed}};
}

Json look_json(const GpuHealth& health) {
  return {{"recovery_action", or_null(health.recovery_action)},
          {"remapped_rows", remapped_rows_json(health.remapped_rows)},
          {"retired_pages", or_null(health.retired_pages)},
          {"retirement_pending", or_null(health.retirement_pending)},
          {"double_bit_errors", or_null(health.double_bit_errors)},
          {"temperature_limit_celsius", or_null(health.temperature_limit_celsius)},
          {"memory_temperature_limit_celsius", or_null(health.memory_temperature_limit_celsius)},
          {"pcie_width_most", or_null(health.pcie_width_most)},
          {"pcie_generation_most", or_null(health.pcie_generation_most)},
          {"mig_mode", or_null(health.mig_mode)},
          {"persistence_mode", or_null(health.persistence_mode)},
          {"lost", or_null(health.lost)}};
}

Json columns_of(const std::vector<HealthSample>& samples) {
  Json seconds = Json::array();
  Json under_load = Json::array();
  for (const HealthSample& sample : samples) {
    seconds.push_back(sample.seconds);
    under_load.push_back(sample.under_load);
  }
  Json columns{{"seconds", std::move(seconds)}, {"under_load", std::move(under_load)}};
  for_each_quantity([&](const char* name, auto quantity) {
    Json& column = columns[name] = Json::array();
    for (const HealthSample& sample : samples) column.push_back(or_null(sample.*quantity));
  });
  return columns;
}

}  // namespace

Json health_json(const HealthRecord& record) {
  Json under_load = Json::object();
  for_each_measure([&](const char* name, auto quantity) {
    under_load[name] = spread_json(spread_under_load(record, quantity));
  });
  return {{"absence", or_null(record.absence)},   {"load_seconds", record.load_seconds},
          {"before", look_json(record.before)},   {"after", look_json(record.after)},
          {"unanswered", record.unanswered},      {"xids_watched", record.xids_watched},
          {"xids", xids_json(record.xids)},       {"under_load", std::move(under_load)},
          {"samples", columns_of(record.samples)}};
}

std::vector<HealthSample> samples_of(const Json& columns) {
  std::vector<HealthSample> samples(columns.at("seconds").size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].seconds = known<double>(columns.at("seconds").at(i)).value_or(0);
    samples[i].under_load = columns.at("under_load").at(i);
  }
  for_each_quantity([&](const char* name, auto quantity) {
    using Value = typename std::remove_reference_t<decltype(samples[0].*quantity)>::value_type;
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i].*quantity = known<Value>(columns.at(name).at(i));
  });
  return samples;
}

}  // namespace mnist

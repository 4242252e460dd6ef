// The parts of a result as JSON, which json.cpp puts together and read_result.cpp takes apart.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "machine/evidence.hpp"
#include "machine/gpu_health.hpp"

namespace mnist {

using Json = nlohmann::ordered_json;  // in the order in which it was put together

// A number that is not finite becomes null when it is written.
template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}
inline Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

// A value again; nothing where it is null.
template <class Value>
std::optional<Value> known(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<Value>());
}

Json gpu_json(const Gpu& gpu);
Json place_json(const Place& place);
Json xids_json(const std::vector<Xid>& xids);
Json evidence_json(const Evidence& evidence);

// Samples as columns, each as long as there are samples.
Json health_json(const HealthRecord& record);
// The columns again, as samples.
std::vector<HealthSample> samples_of(const Json& columns);

}  // namespace mnist

#include "exchange/safetensors.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "dataset/sha256.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;

constexpr char metadata_key[] = "__metadata__";
constexpr std::uint64_t most_header_bytes = 1 << 20;  // the format allows 100 MB; ours have 3 kB
constexpr std::size_t bytes_at_once = 1 << 16;

// Numbers go to the file and come from it as they lie in memory.
static_assert(std::endian::native == std::endian::little);

// A hash that the tensors' bytes are still to be added to, in the order of their names.
Sha256 begin_content(Metadata metadata, const std::map<std::string, TensorShape>& shapes) {
  metadata.erase(content_sha256);
  const std::string outline = Json::array({metadata, shapes}).dump();
  Sha256 hash;
  hash.update(std::as_bytes(std::span(outline)));
  return hash;
}

// Throws std::runtime_error where there is a zero byte, at which the parser would end, where an
// object has a key twice, and where a value lies too deep.
Json parse_header(const std::string& text) {
  if (text.find('\0') != std::string::npos) throw std::runtime_error("a zero byte");
  constexpr int deepest = 2;  // the shape of a tensor
  std::vector<std::set<Json>> keys;
  return Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (depth > deepest && (event == Event::object_start || event == Event::array_start))
      throw std::runtime_error("values within values");
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed).second)
      throw std::runtime_error("the key " + parsed.dump() + " twice");
    return true;
  });
}

std::string spelled(const TensorShape& shape) { return Json(shape).dump(); }

}  // namespace

std::string to_safetensors(Metadata metadata, std::vector<Tensor> tensors) {
  std::ranges::sort(tensors, {}, &Tensor::name);
  std::string data;
  std::map<std::string, TensorShape> shapes;
  Json header;
  for (const Tensor& tensor : tensors) {
    const std::size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.values.data()),
                tensor.values.size() * sizeof(float));
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
    shapes[tensor.name] = tensor.shape;
  }
  Sha256 hash = begin_content(metadata, shapes);
  hash.update(std::as_bytes(std::span(data)));
  metadata[content_sha256] = hash.hex();
  header[metadata_key] = metadata;

  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string file;
  file.reserve(sizeof length + text.size() + data.size());
  file.append(reinterpret_cast<const char*>(&length), sizeof length);
  return file.append(text).append(data);
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    // Opening a pipe would wait for somebody to write to it.
    : name_(path.string()), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat status {};
  if (!file_.is_open() || ::fstat(file_.get(), &status))
    throw damaged("cannot be opened: " + std::generic_category().message(errno));
  if (!S_ISREG(status.st_mode)) throw damaged("is not a file, but a folder, a pipe or a device");
  size_ = static_cast<std::uint64_t>(status.st_size);
  take_header(read_header());
  require_no_gaps();
  require_content();
}

const std::string& SafetensorsFile::said(const std::string& name) const {
  const auto found = metadata_.find(name);
  if (found == metadata_.end()) throw damaged("its metadata lack '" + name + "'");
  return found->second;
}

std::vector<float> SafetensorsFile::read(const std::string& name, const TensorShape& shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw damaged("it has no tensor '" + name + "'");
  if (found->second.shape != shape)
    throw damaged("its tensor '" + name + "' has the shape " + spelled(found->second.shape) +
                  "; expected " + spelled(shape));
  std::vector<float> values((found->second.end - found->second.begin) / sizeof(float));
  read_at(data_begin_ + found->second.begin, values.data(), values.size() * sizeof(float));
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
    throw damaged("its tensor '" + name + "' has values that are not finite");
  return values;
}

Error SafetensorsFile::damaged(const std::string& finding) const {
  return Error(ExitCode::data_damaged, name_ + ": " + finding,
               "name a file that --checkpoint or --export wrote, and that is whole");
}

std::string SafetensorsFile::read_header() {
  std::uint64_t length = 0;
  if (size_ < sizeof length)
    throw damaged("holds " + std::to_string(size_) + " bytes; expected a safetensors file");
  read_at(0, &length, sizeof length);
  if (length > most_header_bytes || length > size_ - sizeof length)
    throw damaged("is cut short or no safetensors file: it holds " + std::to_string(size_) +
                  " bytes, and its header is to have " + std::to_string(length));
  data_begin_ = sizeof length + length;
  std::string header(length, '\0');
  read_at(sizeof length, header.data(), header.size());
  return header;
}

void SafetensorsFile::take_header(const std::string& header) {
  try {
    for (const auto& [name, entry] : parse_header(header).get<std::map<std::string, Json>>()) {
      if (name == metadata_key) {
        metadata_ = entry.get<Metadata>();
        continue;
      }
      if (entry.at("dtype") != "F32")
        throw damaged("its tensor '" + name + "' is of " + entry.at("dtype").dump() +
                      "; expected \"F32\"");
      const auto whole_numbers = [](const Json& list) {
        if (!std::ranges::all_of(list, [](const Json& each) { return each.is_number_unsigned(); }))
          throw std::runtime_error("numbers that are not whole");
        return list.get<std::vector<std::uint64_t>>();
      };
      const auto shape = whole_numbers(entry.at("shape"));
      const auto offsets = whole_numbers(entry.at("data_offsets"));
      if (entry.size() != 3 || offsets.size() != 2)
        throw std::runtime_error("a tensor of more than a type, a shape and two offsets");
      tensors_[name] = {{shape.begin(), shape.end()}, offsets[0], offsets[1]};
    }
  } catch (const Error&) {
    throw;
  } catch (const Json::exception&) {  // what it says quotes bytes of the file
    throw damaged("its header is not that of a safetensors file");
  } catch (const std::runtime_error& found) {
    throw damaged(std::string("its header has ") + found.what());
  }
}

// The tensors fill all that comes after the header, each as long as its shape says.
void SafetensorsFile::require_no_gaps() const {
  const std::uint64_t data_bytes = size_ - data_begin_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
  for (const auto& [name, place] : tensors_) {
    std::uint64_t count = 1;
    for (const std::size_t side : place.shape) {
      if (side > 0 && count > data_bytes / side)
        throw damaged("its tensor '" + name + "' is larger than the file");
      count *= side;
    }
    if (place.begin > place.end || place.end > data_bytes ||
        place.end - place.begin != count * sizeof(float))
      throw damaged("its tensor '" + name + "' is said to lie at " + std::to_string(place.begin) +
                    " to " + std::to_string(place.end) + " of " + std::to_string(data_bytes) +
                    " bytes; its shape asks for " + std::to_string(count * sizeof(float)));
    places.emplace_back(place.begin, place.end);
  }
  std::ranges::sort(places);
  std::uint64_t covered = 0;
  for (const auto& [begin, end] : places) {
    if (begin != covered)
      throw damaged("its tensors overlap, or leave a hole, at byte " + std::to_string(covered));
    covered = end;
  }
  if (covered != data_bytes)
    throw damaged("its tensors are said to have " + std::to_string(covered) +
                  " bytes; the file holds " + std::to_string(data_bytes));
}

void SafetensorsFile::require_content() const {
  if (!metadata_.contains(content_sha256)) return;
  std::map<std::string, TensorShape> shapes;
  for (const auto& [name, place] : tensors_) shapes[name] = place.shape;
  Sha256 hash = begin_content(metadata_, shapes);
  std::vector<char> bytes(bytes_at_once);
  for (const auto& [name, place] : tensors_)
    for (std::uint64_t at = place.begin; at < place.end;) {
      const std::size_t count = std::min<std::uint64_t>(bytes.size(), place.end - at);
      read_at(data_begin_ + at, bytes.data(), count);
      hash.update(std::as_bytes(std::span(bytes).first(count)));
      at += count;
    }
  if (const std::string found = hash.hex(); found != metadata_.at(content_sha256))
    throw damaged("its content has the SHA-256 " + found + "; expected " +
                  metadata_.at(content_sha256) + ", as it says itself");
}

void SafetensorsFile::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::pread(file_.get(), static_cast<char*>(to) + done, size - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw damaged("cannot be read: " + std::generic_category().message(errno));
    if (count == 0) throw damaged("was cut while it was read");
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace mnist

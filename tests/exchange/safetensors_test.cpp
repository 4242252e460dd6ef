#include "exchange/safetensors.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <limits>

#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<Tensor> tensors{{"weight", {2, 3}, {1, 2, 3, 4, 5, -0.0f}},
                                  {"bias", {2}, {0.1f, 1e-40f}},
                                  {"none", {0, 7}, {}}};

// A file of a header and so many bytes of data.
std::string file_of(std::string header, std::size_t data_bytes = 0) {
  std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + std::string(data_bytes, '\0');
}

class Safetensors : public testing::Test {
 protected:
  SafetensorsFile reading(const std::string& bytes) const {
    write_file(path(), bytes);
    return SafetensorsFile(path());
  }
  // What is said of a file that is refused.
  std::string refusal(const fs::path& file) const {
    try {
      SafetensorsFile read(file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data_damaged);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "";
  }
  std::string refusal_of(const std::string& bytes) const {
    write_file(path(), bytes);
    return refusal(path());
  }
  fs::path path() const { return folder_.path() / "file.safetensors"; }
  fs::path beside(const char* name) const { return folder_.path() / name; }

 private:
  TemporaryFolder folder_;
};

TEST_F(Safetensors, ComeBackAsTheyWere) {
  const SafetensorsFile file = reading(to_safetensors({{"seed", "7"}, {"name", "ä\"\n"}}, tensors));
  EXPECT_EQ(file.metadata().size(), 3u);
  EXPECT_EQ(file.said("seed"), "7");
  EXPECT_EQ(file.said("name"), "ä\"\n");
  EXPECT_EQ(file.said(content_sha256).size(), 64u);
  EXPECT_EQ(file.tensor_count(), tensors.size());
  for (const Tensor& tensor : tensors) {
    const std::vector<float> values = file.read(tensor.name, tensor.shape);
    ASSERT_EQ(values.size(), tensor.values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(std::bit_cast<std::uint32_t>(values[i]),
                std::bit_cast<std::uint32_t>(tensor.values[i]));
  }
}

TEST_F(Safetensors, AreLaidOutAsTheFormatSays) {
  const std::string bytes = to_safetensors({}, tensors);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  EXPECT_EQ(length % 8, 0u) << "so that the floats lie as the processor likes it";
  EXPECT_EQ(bytes.size(), 8 + length + 8 * sizeof(float));
  EXPECT_THAT(bytes.substr(8, length),
              HasSubstr(R"("bias":{"data_offsets":[0,8],"dtype":"F32","shape":[2]})"));
}

TEST_F(Safetensors, ThatAreReadAgainHaveToBeWhatIsAskedFor) {
  const SafetensorsFile file =
      reading(to_safetensors({}, {{"weight", {2, 3}, tensors[0].values},
                                  {"bad", {2}, {1, std::numeric_limits<float>::quiet_NaN()}}}));
  EXPECT_THROW(file.read("weight", {3, 2}), Error);
  EXPECT_THROW(file.read("weight", {6}), Error);
  EXPECT_THROW(file.read("weights", {2, 3}), Error);
  EXPECT_THROW(file.read("bad", {2}), Error);
  EXPECT_THROW(file.said("seed"), Error);
}

TEST_F(Safetensors, CutAnywhereAreRefused) {
  const std::string bytes = to_safetensors({{"seed", "7"}}, tensors);
  EXPECT_EQ(refusal_of(bytes), "");
  for (std::size_t size = bytes.size(); size-- > 0;) {
    fs::resize_file(path(), size);
    ASSERT_NE(refusal(path()), "") << size << " of " << bytes.size();
  }
  EXPECT_NE(refusal_of(bytes + '\0'), "") << "and so are longer ones";
}

TEST_F(Safetensors, WithoutAHashAreRead) {
  const auto file =
      reading(file_of(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
  EXPECT_THAT(file.read("w", {2}), ElementsAre(0, 0));
  EXPECT_TRUE(file.metadata().empty());
}

struct BadFile {
  std::string_view header;
  std::size_t data_bytes;
  const char* found;
};
const BadFile bad_files[] = {
    {"", 0, "not that of a safetensors file"},
    {"[]", 0, "not that of a safetensors file"},
    {std::string_view("{}\0 ", 4), 0, "a zero byte"},
    {"null", 0, "not that of a safetensors file"},
    {"{", 0, "not that of a safetensors file"},
    {"\xff\xfe", 0, "not that of a safetensors file"},
    {R"({"w":1e999})", 0, "not that of a safetensors file"},
    {R"({"w":[1]})", 0, "not that of a safetensors file"},
    {R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4, "not that of a safetensors file"},
    {R"({"w":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})", 4, "numbers that are not whole"},
    {R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "numbers that are not whole"},
    {R"({"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "not whole"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", 4, "two offsets"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[]}})", 4, "two offsets"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}})", 4, "two offsets"},
    {R"({"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8, "of \"F64\"; expected"},
    {R"({"w":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4, "of 7; expected \"F32\""},
    {R"({"__metadata__":{"seed":7}})", 0, "not that of a safetensors file"},
    {R"({"__metadata__":{"a":"1","a":"2"}})", 0, "the key \"a\" twice"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
     R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
     4, "the key \"w\" twice"},
    {R"({"w":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "values within values"},
    {R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
     "larger than the file"},
    {R"({"w":{"dtype":"F32","shape":[2305843009213693952,8],"data_offsets":[0,0]}})", 8,
     "larger than the file"},
    {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "asks for 8"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "at 4 to 0 of 4 bytes"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 4, "at 4 to 8 of 4 bytes"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,0]}})", 4, "at 1844"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "a hole, at byte 0"},
    {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8, "to have 4 bytes"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
     4, "overlap, or leave a hole, at byte 4"},
    {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
     12, "overlap, or leave a hole, at byte 4"},
    {R"({"__metadata__":{"content_sha256":"0"}})", 0, "expected 0, as it says itself"},
};

TEST_F(Safetensors, ThatAreNoneAreRefusedWithWhatIsWrong) {
  for (const BadFile& bad : bad_files)
    EXPECT_THAT(refusal_of(file_of(std::string(bad.header), bad.data_bytes)), HasSubstr(bad.found))
        << bad.header;
}

TEST_F(Safetensors, WithHugeOrDeepHeadersAreRefusedForLittleMemory) {
  for (const std::uint64_t length :
       {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 40, std::uint64_t{9}}) {
    std::string bytes(16, ' ');
    std::memcpy(bytes.data(), &length, sizeof length);
    EXPECT_THAT(refusal_of(bytes), HasSubstr("its header is to have"));
  }
  EXPECT_THAT(refusal_of(file_of(std::string((1 << 20) + 1, ' '))),
              HasSubstr("is to have 1048577"));
  EXPECT_THAT(refusal_of(file_of(std::string(1 << 20, '['))), HasSubstr("values within values"));
  std::string objects;
  while (objects.size() < (1 << 19)) objects += "{\"a\":";
  EXPECT_THAT(refusal_of(file_of(objects)), HasSubstr("values within values"));
}

TEST_F(Safetensors, ThatAreNoFilesAreRefusedAtOnce) {
  EXPECT_THAT(refusal(beside("absent")), HasSubstr("No such file"));
  EXPECT_THAT(refusal(path().parent_path()), HasSubstr("a folder"));
  EXPECT_THAT(refusal("/dev/zero"), HasSubstr("a device"));
  ASSERT_EQ(::mkfifo(beside("pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(beside("pipe")), HasSubstr("a pipe"));
  write_file(path(), "");
  EXPECT_THAT(refusal(path()), HasSubstr("holds 0 bytes"));
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  fs::permissions(path(), fs::perms::none);
  EXPECT_THAT(refusal(path()), HasSubstr("Permission denied"));
}

}  // namespace
}  // namespace mnist

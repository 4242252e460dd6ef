#include "dataset/obtain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "dataset/gunzip.hpp"
#include "dataset/http_server.hpp"
#include "dataset/sample_set.hpp"
#include "dataset/sha256.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Obtain : public testing::Test {
 protected:
  TrainingData get(DatasetChoice choice, const std::vector<std::filesystem::path>& further = {}) {
    return obtain({.choice = choice,
                   .folder = folder_.path(),
                   .further_folders = further,
                   .mirrors = {server_.url()}},
                  events_, set_.catalogue, quick_limits);
  }

  // The message of what has to end with `code`, in both choices; nothing is fetched.
  std::string failure(DatasetChoice choice, ExitCode code = ExitCode::data_damaged) {
    const std::size_t requests = server_.requests().size();
    try {
      get(choice);
      ADD_FAILURE() << "was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(error.remedy(), "");
      EXPECT_EQ(server_.requests().size(), requests);
      return error.what();
    }
    return {};
  }

  std::filesystem::path file(std::size_t i) const {
    return folder_.path() / set_.catalogue.files[i].name;
  }

  const SampleSet set_;
  const SampleSet other_{100};
  const TemporaryFolder folder_;
  const HttpServer server_{serve(set_)};
  RecordedEvents events_;
};

TEST_F(Obtain, FindsTheFilesUnderAllUsualNames) {
  const std::array<std::array<const char*, data_file_count>, 4> usual{{
      {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
       "t10k-labels-idx1-ubyte.gz"},
      {"train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz", "t10k-images.idx3-ubyte.gz",
       "t10k-labels.idx1-ubyte.gz"},
      {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
       "t10k-labels-idx1-ubyte"},
      {"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte",
       "t10k-labels.idx1-ubyte"},
  }};
  for (const auto& names : usual) {
    events_.lines.clear();
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < data_file_count; ++i) {
      const bool packed = std::string_view(names[i]).ends_with(".gz");
      write_file(folder_.path() / names[i], packed ? set_.packed[i] : set_.unpacked[i]);
      expected.push_back("extracting " + (folder_.path() / names[i]).string());
    }
    const TrainingData data = get(DatasetChoice::mnist);
    EXPECT_EQ(data.name, "sample");
    EXPECT_EQ(data.sha256, set_.catalogue.sha256);
    EXPECT_EQ(data.training.image, (Shape{1, 28, 28}));
    EXPECT_EQ(std::string(data.test.labels.begin(), data.test.labels.end()),
              set_.unpacked[3].substr(8));
    EXPECT_EQ(std::string(data.training.pixels.begin(), data.training.pixels.end()),
              set_.unpacked[0].substr(16));
    EXPECT_EQ(events_.lines, expected);
    for (const char* name : names) std::filesystem::remove(folder_.path() / name);
  }
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Obtain, OverlooksFoldersWithTheNamesOfFiles) {
  for (std::size_t i = 0; i < data_file_count; ++i) {
    const std::filesystem::path name = file(i).replace_extension();
    std::filesystem::create_directory(name);
    std::string dotted = name.string();
    dotted[dotted.rfind("-idx")] = '.';
    write_file(dotted, set_.unpacked[i]);
  }
  EXPECT_EQ(get(DatasetChoice::mnist).name, "sample");
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Obtain, ReadsTheFirstFurtherFolderWithAllWhereItsOwnHasNot) {
  const TemporaryFolder part, whole, never;
  write_file(part.path() / set_.catalogue.files[0].name, other_.packed[0]);
  set_.write_packed(whole.path());
  other_.write_packed(never.path());
  const std::vector<std::filesystem::path> further{part.path(), whole.path(), never.path()};
  EXPECT_EQ(get(DatasetChoice::mnist, further).name, "sample");
  write_file(file(1), set_.packed[1]);
  EXPECT_EQ(get(DatasetChoice::mnist, further).name, "sample");
  EXPECT_TRUE(server_.requests().empty());

  other_.write_packed(folder_.path());
  EXPECT_EQ(get(DatasetChoice::automatic, {whole.path()}).name, "unknown");
}

TEST_F(Obtain, TakesAnyValidSetWhereTheChoiceIsAutomatic) {
  other_.write_packed(folder_.path());
  const TrainingData data = get(DatasetChoice::automatic);
  EXPECT_EQ(data.name, "unknown");
  EXPECT_EQ(data.sha256, other_.catalogue.sha256);
  EXPECT_TRUE(events_.warnings.empty());
  EXPECT_THAT(failure(DatasetChoice::mnist),
              AllOf(HasSubstr("valid but not sample's"),
                    HasSubstr(set_.catalogue.files[3].unpacked_sha256)));
}

TEST_F(Obtain, CompletesItsOwnFolderWhereNoneHasAll) {
  const TemporaryFolder part;
  write_file(part.path() / set_.catalogue.files[0].name, other_.packed[0]);
  write_file(file(1), set_.packed[1]);
  EXPECT_EQ(get(DatasetChoice::mnist, {part.path()}).name, "sample");
  EXPECT_EQ(server_.requests().size(), 3u);
}

TEST_F(Obtain, RefusesTheOneFileThatIsNotOfTheSet) {
  for (std::size_t i = 0; i < data_file_count; ++i) {
    set_.write_packed(folder_.path());
    write_file(file(i), other_.packed[i]);
    for (const DatasetChoice choice : {DatasetChoice::automatic, DatasetChoice::mnist})
      EXPECT_THAT(failure(choice),
                  AllOf(HasSubstr(file(i).string() + ": is not sample's"),
                        HasSubstr(other_.catalogue.files[i].unpacked_sha256 + "; expected " +
                                  set_.catalogue.files[i].unpacked_sha256)));
  }
}

TEST_F(Obtain, WarnsOfASetThatIsPartlyAnother) {
  set_.write_packed(folder_.path());
  write_file(file(0), other_.packed[0]);
  write_file(file(1), other_.packed[1]);
  EXPECT_EQ(get(DatasetChoice::automatic).name, "unknown");
  ASSERT_EQ(events_.warnings.size(), 1u);
  EXPECT_THAT(events_.warnings[0], HasSubstr(file(1).string() + " is not sample's"));
}

TEST_F(Obtain, LeavesADamagedFileAsItWas) {
  const std::string page = "<html>403 Forbidden</html>";
  for (std::size_t i = 0; i < data_file_count; ++i) {
    set_.write_packed(folder_.path());
    write_file(file(i), page);
    for (const DatasetChoice choice : {DatasetChoice::automatic, DatasetChoice::mnist})
      EXPECT_THAT(failure(choice), AllOf(HasSubstr(file(i).string()), HasSubstr("web page")));
    EXPECT_EQ(read_whole(file(i)), page);
  }
}

TEST_F(Obtain, MeetsDamageBeforeFetchingWhatIsMissing) {
  write_file(file(2), "<html>");
  EXPECT_THAT(failure(DatasetChoice::automatic), HasSubstr("web page"));
}

TEST_F(Obtain, FetchesWhatIsMissing) {
  write_file(file(1), set_.packed[1]);
  write_file(file(2).replace_extension(), set_.unpacked[2]);
  EXPECT_EQ(get(DatasetChoice::automatic).name, "sample");
  EXPECT_EQ(server_.requests().size(), 2u);
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    const CatalogueFile& entry = set_.catalogue.files[i];
    if (i == 0 || i == 3)
      expected.push_back("downloaded " + entry.name + " " + std::to_string(entry.bytes));
    expected.push_back("extracting " + (i == 2 ? file(i).replace_extension() : file(i)).string());
  }
  EXPECT_EQ(events_.lines, expected);
}

TEST_F(Obtain, DoesNotCompleteAnotherSet) {
  write_file(file(0), set_.packed[0]);
  write_file(file(1), other_.packed[1]);
  for (const DatasetChoice choice : {DatasetChoice::automatic, DatasetChoice::mnist})
    EXPECT_THAT(failure(choice),
                AllOf(HasSubstr(file(1).string() + ": is not sample's"), HasSubstr("are missing")));
}

TEST_F(Obtain, RefusesPairsThatDoNotMatch) {
  other_.write_packed(folder_.path());
  write_file(file(3), gzip(idx(0x801, {19}, std::string(19, '\1'))));
  EXPECT_THAT(failure(DatasetChoice::automatic),
              HasSubstr(file(3).string() + ": holds 19 labels; expected 20"));
  other_.write_packed(folder_.path());
  write_file(file(0), gzip(idx(0x803, {51, 28, 28}, std::string(51 * 784, 'x'))));
  EXPECT_THAT(failure(DatasetChoice::automatic), HasSubstr("holds 50 labels; expected 51"));
}

TEST_F(Obtain, RefusesTestImagesOfAnotherSize) {
  for (const std::uint32_t rows : {14u, 28u}) {
    other_.write_packed(folder_.path());
    const std::uint32_t columns = rows == 14 ? 28 : 14;
    write_file(file(2), gzip(idx(0x803, {20, rows, columns}, std::string(20 * 392, 'x'))));
    EXPECT_THAT(failure(DatasetChoice::automatic), HasSubstr("expected 28 x 28"));
  }
}

TEST_F(Obtain, TakesImagesOfAnySize) {
  write_file(file(0), gzip(idx(0x803, {3, 5, 7}, std::string(105, 'x'))));
  write_file(file(1), gzip(idx(0x801, {3}, std::string(3, '\3'))));
  write_file(file(2), gzip(idx(0x803, {1, 5, 7}, std::string(35, 'x'))));
  write_file(file(3), gzip(idx(0x801, {1}, std::string(1, '\3'))));
  const TrainingData data = get(DatasetChoice::automatic);
  EXPECT_EQ(data.training.image, (Shape{1, 5, 7}));
  EXPECT_EQ(data.training.size(), 3u);
}

// The real files, where they are at hand.
class RealMnist : public testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("MNIST_TEST_DATA_DIR");
    real_ = named != nullptr ? named : MNIST_TEST_DATA_DIR;
    if (!std::filesystem::exists(real_ / "train-images-idx3-ubyte.gz"))
      GTEST_SKIP() << "the real MNIST is not in " << real_ << ": nothing was checked with it";
  }

  std::filesystem::path real_;
  const TemporaryFolder folder_;
  RecordedEvents events_;
};

void expect_mnist(const TrainingData& data) {
  EXPECT_EQ(data.name, "mnist");
  EXPECT_EQ(data.sha256, "b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a");
  EXPECT_EQ(data.training.image, (Shape{1, 28, 28}));
  EXPECT_EQ(data.training.size(), 60000u);
  EXPECT_EQ(data.test.size(), 10000u);
  EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), 1), 1135);
}

TEST_F(RealMnist, IsKnownPackedAndUnpacked) {
  const DataRequest request{.choice = DatasetChoice::mnist,
                            .folder = folder_.path(),
                            .further_folders = {real_},
                            .mirrors = {}};
  expect_mnist(obtain(request, events_));
  for (const CatalogueFile& file : mnist_catalogue().files) {
    GunzipStream stream(std::make_unique<FileStream>(real_ / file.name));
    std::vector<std::uint8_t> bytes(file.unpacked_bytes);
    ASSERT_EQ(stream.read(bytes), bytes.size());
    write_file(folder_.path() / file.name.substr(0, file.name.size() - 3),
               {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  expect_mnist(obtain(request, events_));
  EXPECT_THAT(events_.lines.back(), HasSubstr(folder_.path().string()));
}

TEST_F(RealMnist, HasTheSetsHashWhenComputed) {
  Catalogue another = mnist_catalogue();
  another.files[0].unpacked_sha256 = "another";
  another.files[1].unpacked_sha256 = "another";
  const TrainingData data = obtain(
      {.choice = DatasetChoice::automatic, .folder = real_, .further_folders = {}, .mirrors = {}},
      events_, another, quick_limits);
  EXPECT_EQ(data.name, "unknown");
  EXPECT_EQ(data.sha256, mnist_catalogue().sha256);
}

TEST_F(RealMnist, ComesFromAMirror) {
  const TrainingData data = obtain({.choice = DatasetChoice::mnist,
                                    .folder = folder_.path(),
                                    .further_folders = {},
                                    .mirrors = {"file://" + real_.string()}},
                                   events_);
  expect_mnist(data);
  EXPECT_EQ(events_.lines.size(), 8u);
}

}  // namespace
}  // namespace mnist

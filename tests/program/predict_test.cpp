// --predict, by the whole program.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "dataset/sample_set.hpp"
#include "picture/drawn_digits.hpp"
#include "picture/png.hpp"
#include "program/run_program.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Predict : public testing::Test {
 protected:
  Ended run(std::vector<std::string> arguments, Output output = Output::caught,
            std::map<std::string, std::string> variables = {{"LC_ALL", "C.UTF-8"}}) const {
    return run_program(
        {.arguments = std::move(arguments), .variables = std::move(variables), .output = output});
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string written(const std::string& name, std::string_view bytes) const {
    write_file(file(name), bytes);
    return file(name);
  }
  std::string drawn(std::uint32_t number, Paper paper) const {
    const GrayPicture picture = drawn_digit(number, paper).picture;
    return written(std::to_string(number) + ".png",
                   png_of(picture.pixels, picture.width, picture.height));
  }
  // Trained for as many steps as said, on what is in `data`.
  std::string network(const fs::path& data, const std::string& steps) const {
    const Ended ended = run({"--device=cpu", "--data_dir", data.string(), "--max_steps", steps,
                             "--eval_every=0", "--export", file("network.safetensors")});
    EXPECT_EQ(ended.code, 0) << ended.error;
    return file("network.safetensors");
  }
  std::string untrained_network() const {
    SampleSet().write_packed(folder_.path());
    return network(folder_.path(), "0");
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(Predict, ShowsTheDigitTheProbabilitiesAndWhatTheNetworkSaw) {
  const std::string network = untrained_network();
  const std::string one = drawn(31, Paper::uneven);
  const Ended ended = run({"--predict", one, "--model_file", network});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_THAT(ended.last_error_line(), HasSubstr("passed with 1 picture looked at"));
  std::istringstream lines(ended.output);
  std::string line;
  std::getline(lines, line);
  ASSERT_THAT(line, StartsWith(one + ": "));
  const std::size_t digit = std::stoul(line.substr(one.size() + 2));
  const std::regex row("  \\|((?: |▀|▄|█){28})\\|(?:  ([0-9])  ([01]\\.[0-9]{3})(?:  #+)?)?");
  std::vector<double> probabilities;
  std::string drawing;
  int rows = 0;
  for (; std::getline(lines, line); ++rows) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, row)) << line;
    drawing += match[1];
    if (!match[2].matched) continue;
    EXPECT_EQ(std::stoul(match[2]), probabilities.size());
    probabilities.push_back(std::stod(match[3]));
  }
  EXPECT_EQ(rows, 14);
  EXPECT_THAT(drawing, HasSubstr("█"));
  ASSERT_EQ(probabilities.size(), 10u);
  double sum = 0;
  for (const double probability : probabilities) {
    sum += probability;
    EXPECT_LE(probability, probabilities[digit]);
  }
  EXPECT_NEAR(sum, 1, 0.006);
}

TEST_F(Predict, DrawsInAsciiWhereTheLocaleIsNoOther) {
  const std::string network = untrained_network();
  const std::vector<std::string> arguments{"--predict", drawn(31, Paper::uneven), "--model_file",
                                           network};
  const Ended plain = run(arguments, Output::caught, {{"LC_ALL", "C"}});
  EXPECT_EQ(plain.code, 0) << plain.error;
  EXPECT_TRUE(std::ranges::all_of(plain.output, [](char c) { return c > 0; })) << plain.output;
  std::string translated = run(arguments).output;
  for (const auto& [block, ascii] : {std::pair{"▀", "\""}, {"▄", "_"}, {"█", "#"}})
    translated = std::regex_replace(translated, std::regex(block), ascii);
  EXPECT_EQ(plain.output, translated);
}

TEST_F(Predict, QuietSaysTheDigitsAlone) {
  const std::string network = untrained_network();
  const std::string first = drawn(1, Paper::plain), last = drawn(2, Paper::plain);
  const Ended ended = run({"--model_file", network, "--quiet", "--predict", first, last});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_TRUE(std::regex_match(ended.output, std::regex(first + ": [0-9]\n" + last + ": [0-9]\n")))
      << ended.output;
}

TEST_F(Predict, LooksAtTheOthersWhereOnePictureIsBad) {
  const std::string network = untrained_network();
  const std::string first = drawn(1, Paper::plain), last = drawn(2, Paper::plain);
  const std::string text = written("notes.txt", "7");
  const std::string empty = written("empty.png", png_of(std::vector<std::uint8_t>(900), 30, 30));
  const Ended ended = run({"--model_file", network, "--predict", first, text, empty, last});
  EXPECT_EQ(ended.code, 41);
  EXPECT_THAT(ended.output, AllOf(HasSubstr(first + ": "), HasSubstr(last + ": ")));
  EXPECT_THAT(ended.output, AllOf(Not(HasSubstr(text)), Not(HasSubstr(empty))));
  EXPECT_THAT(ended.error, HasSubstr("warning: " + empty + " shows no ink; expected a digit"));
  EXPECT_THAT(ended.last_error_line(), HasSubstr("failed (41): data damaged: " + text + " is no"));
}

TEST_F(Predict, TellsOneBadPictureInOneLine) {
  const Ended ended = run({"--predict=" + file("none.png"), "--model_file", untrained_network()});
  EXPECT_EQ(ended.code, 41);
  EXPECT_THAT(ended.output, IsEmpty());
  EXPECT_EQ(std::ranges::count(ended.error, '\n'), 1) << ended.error;
}

TEST_F(Predict, RefusesWhatIsNoNetwork) {
  const Ended ended = run({"--predict", drawn(1, Paper::plain), "--model_file",
                           written("network.safetensors", "none")});
  EXPECT_EQ(ended.code, 41);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("network.safetensors"));
}

TEST_F(Predict, NoticesThatItsOutputIsLost) {
  const Ended ended =
      run({"--predict", drawn(1, Paper::plain), "--model_file", untrained_network()},
          Output::on_a_full_disk);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("standard output could not be written"));
}

// Digits that share nothing with any data set, read by a network that saw only MNIST's.
TEST_F(Predict, ReadsDrawnAndPhotographedDigits) {
  const char* named = std::getenv("MNIST_TEST_DATA_DIR");
  const fs::path data = fs::absolute(named ? named : MNIST_TEST_DATA_DIR);
  if (!fs::exists(data / "train-images-idx3-ubyte.gz")) GTEST_SKIP() << "no MNIST in " << data;
  const std::string network = this->network(data, "1000");
  constexpr std::uint32_t first = 10'000;  // none that the preparation was tuned on
  constexpr std::uint32_t count = 200;
  for (const Paper paper : every_paper) {
    std::vector<std::string> arguments{"--model_file", network, "--predict"};
    for (std::uint32_t number = first; number < first + count; ++number)
      arguments.push_back(drawn(number, paper));
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 0) << ended.last_error_line();
    const std::regex answer("([0-9]+)\\.png: ([0-9])\n");
    unsigned right = 0;
    for (std::sregex_iterator match(ended.output.begin(), ended.output.end(), answer), end;
         match != end; ++match)
      right += std::stoul((*match)[1]) % 10 == std::stoul((*match)[2]);
    EXPECT_GE(right, count * (paper == Paper::shaded ? 90 : 92) / 100)
        << "on paper " << static_cast<int>(paper);
    RecordProperty("right_on_paper_" + std::to_string(static_cast<int>(paper)),
                   static_cast<int>(right));
  }
}

}  // namespace
}  // namespace mnist

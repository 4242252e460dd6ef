#include "options.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <map>
#include <regex>

#include "base/error.hpp"
#include "command_line.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

Options parse(const std::vector<const char*>& arguments, const Variables& variables = {}) {
  return parse_options(arguments, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

// What the refusal says, with its remedy.
std::string refusal(const std::vector<const char*>& arguments, const Variables& variables = {}) {
  try {
    parse(arguments, variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    return error.what() + std::string("; ") + error.remedy();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

TEST(Options, HaveTheirDefaults) {
  const Options options = parse({});
  EXPECT_EQ(options.dataset, DatasetChoice::automatic);
  EXPECT_EQ(options.model, "lenet");
  EXPECT_EQ(options.max_steps, 1000u);
  EXPECT_EQ(options.learning_rate, 0.001f);
  EXPECT_EQ(options.dropout, std::nullopt);
  EXPECT_EQ(options.batch_size, 100);
  EXPECT_EQ(options.eval_every, 10u);
  EXPECT_EQ(options.seed, 0u);
  EXPECT_EQ(options.device.kind, DeviceKind::automatic);
  EXPECT_EQ(options.device.text, "auto");
  EXPECT_EQ(options.threads, 0);
  EXPECT_EQ(options.min_accuracy, std::nullopt);
  EXPECT_EQ(options.json, "");
  EXPECT_EQ(options.verbosity, Verbosity::normal);
  EXPECT_EQ(options.precision, Precision::fp32);
  EXPECT_EQ(options.repeat, 1u);
  EXPECT_EQ(options.soak_seconds, 0);
  EXPECT_EQ(options.expected_gpus, std::nullopt);
  EXPECT_EQ(options.deadline_seconds, std::nullopt);
  EXPECT_EQ(options.junit + options.metrics + options.page, "");
  EXPECT_FALSE(options.help || options.version || options.list_devices);
  EXPECT_FALSE(options.preflight || options.strict || options.bandwidth);
}

TEST(Options, OfTheVerdictTakeTheirValues) {
  const Options options =
      parse({"--strict", "--repeat=3", "--soak=0.5", "--expect_gpus", "8", "--deadline=60",
             "--junit=/j", "--metrics", "/m.prom", "--device=all"});
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.repeat, 3u);
  EXPECT_EQ(options.soak_seconds, 0.5);
  EXPECT_EQ(options.expected_gpus, 8u);
  EXPECT_EQ(options.deadline_seconds, 60);
  EXPECT_EQ(options.junit, "/j");
  EXPECT_EQ(options.metrics, "/m.prom");
  EXPECT_EQ(options.device.kind, DeviceKind::all);
  EXPECT_TRUE(parse({"--preflight"}).preflight);
}

TEST(Options, OfWhatATrainingLeavesWantOneTraining) {
  EXPECT_EQ(parse({"--page", "/p.html"}).page, "/p.html");
  EXPECT_EQ(parse({"--log_dir", "/l"}).log_dir, "/l");
  for (const char* const artifact : {"--page=p.html", "--trace=t", "--log_dir=l", "--checkpoint=c",
                                     "--export=e.onnx", "--resume=r"})
    for (const char* const other : {"--preflight", "--device=all", "--list_devices"})
      EXPECT_THAT(refusal({artifact, other}), HasSubstr("contradict each other"))
          << artifact << other;
}

TEST(Options, MeasureBandwidthWhereThereAreLimits) {
  EXPECT_TRUE(parse({"--bandwidth"}).bandwidth);
  EXPECT_EQ(parse({"--min_h2d=20"}).bandwidth_limits.host_to_device_gbps, 20);
  EXPECT_EQ(parse({"--min_d2d=2000"}).bandwidth_limits.device_to_device_gbps, 2000);
  EXPECT_EQ(parse({"--min_tflops=30"}).bandwidth_limits.product_tflops, 30);
  for (const char* limit : {"--min_h2d=20", "--min_d2d=2000", "--min_tflops=30"})
    EXPECT_TRUE(parse({limit}).bandwidth) << limit;
}

TEST(Options, TakeAllWordsAfterPredictForPictures) {
  const Options options =
      parse({"--predict", "a.png", "b c.jpg", "--model-file", "m", "--predict=-.bmp", "d.png"});
  EXPECT_THAT(options.predict, ElementsAre("a.png", "b c.jpg", "-.bmp", "d.png"));
  EXPECT_EQ(options.model_file, "m");
  EXPECT_THAT(refusal({"--predict", "a.png", "--model_file", "m", "b.png"}), HasSubstr("'b.png'"));
  EXPECT_THAT(refusal({"--model_file", "m", "--predict"}),
              HasSubstr("--predict: '' is not a path"));
  EXPECT_THAT(refusal({"--predict", "--model_file", "m"}), HasSubstr("is not a path"));
}

TEST(Options, OfAPredictionAreFew) {
  EXPECT_THAT(refusal({"--predict=a"}), HasSubstr("--predict has no network"));
  EXPECT_THAT(refusal({"--model_file=m"}), HasSubstr("which names no picture"));
  const auto with = [](const char* flag) {
    return std::vector<const char*>{"--predict=a", "--model_file=m", flag};
  };
  for (const char* flag : {"--max_steps=5", "--data_dir=d", "--json=-", "--preflight",
                           "--device=all", "--resume=c", "--deadline=5", "--list_devices"})
    EXPECT_THAT(refusal(with(flag)), HasSubstr("contradict each other")) << flag;
  for (const char* flag : {"--device=cuda:1", "--threads=2", "--quiet", "--verbose"})
    EXPECT_NO_THROW(parse(with(flag))) << flag;
  EXPECT_EQ(parse(with("--quiet"), {{"MNIST_DEMO_DEVICE", "cuda"}}).device.kind,
            DeviceKind::automatic);
}

TEST(Options, ForOneGpuOfSeveralAreThoseOfItsRun) {
  EXPECT_THAT(
      flags_for_one_gpu(
          parse({"--device=all", "--max-steps", "7", "--json=-", "--junit=j", "--metrics=m",
                 "--quiet", "--verbose", "--expect_gpus=2", "--deadline=9", "--mirror=http://a/",
                 "--mirror=http://b/", "--strict"})),
      ElementsAre("--max_steps=7", "--mirror=http://a/", "--mirror=http://b/", "--strict=true"));
}

TEST(Options, KnowWhatATerminalShows) {
  EXPECT_FALSE(parse({}).unicode);
  EXPECT_FALSE(parse({}).live_terminal);
  EXPECT_TRUE(parse({}, {{"TERM", "xterm"}}).live_terminal);
  EXPECT_FALSE(parse({}, {{"TERM", "dumb"}}).live_terminal);
  EXPECT_TRUE(parse({}, {{"LANG", "C.UTF-8"}}).unicode);
  EXPECT_TRUE(parse({}, {{"LC_CTYPE", "de_DE.utf8"}, {"LANG", "C"}}).unicode);
  EXPECT_FALSE(parse({}, {{"LC_ALL", "POSIX"}, {"LANG", "C.UTF-8"}}).unicode);
  EXPECT_TRUE(parse({}, {{"LC_ALL", ""}, {"LANG", "C.UTF-8"}}).unicode);
}

TEST(Options, RefuseWhatWouldNotBeLookedAt) {
  for (const auto& pair :
       std::vector<std::vector<const char*>>{{"--preflight", "--min_accuracy=0.9"},
                                             {"--preflight", "--repeat=2"},
                                             {"--preflight", "--soak=5"},
                                             {"--log_dir=/l", "--preflight"},
                                             {"--log_dir=/l", "--device=all"},
                                             {"--preflight", "--device=cpu"},
                                             {"--preflight", "--trace=t"},
                                             {"--device=all", "--trace=t"},
                                             {"--preflight", "--checkpoint=/c"},
                                             {"--preflight", "--export=/e.onnx"},
                                             {"--device=all", "--checkpoint=/c"},
                                             {"--device=all", "--export=/e.onnx"},
                                             {"--bandwidth", "--device=cpu"},
                                             {"--min_tflops=1", "--device=cpu"},
                                             {"--expect_gpus=1", "--device=cpu"}}) {
    EXPECT_THAT(refusal(pair), HasSubstr("contradict each other")) << pair[0] << " " << pair[1];
    EXPECT_NO_THROW(parse({pair[0]}));
    EXPECT_NO_THROW(parse({pair[1]}));
  }
  EXPECT_THAT(refusal({"--bandwidth"}, {{"MNIST_DEMO_DEVICE", "cpu"}}), HasSubstr("contradict"));
  EXPECT_NO_THROW(parse({"--expect_gpus=0", "--device=cpu"}));
  EXPECT_THAT(refusal({"--checkpoint_every=5"}), HasSubstr("give --checkpoint FILE"));
}

TEST(Options, KeepTheNetworkInFiles) {
  const Options options = parse({"--checkpoint=/c", "--checkpoint_every", "5", "--export=/a.onnx",
                                 "--export", "/b.safetensors"});
  EXPECT_EQ(options.checkpoint, "/c");
  EXPECT_EQ(options.checkpoint_every, 5u);
  EXPECT_THAT(options.exports, ElementsAre("/a.onnx", "/b.safetensors"));
  EXPECT_EQ(options.resume, "");
}

TEST(Options, TakeValuesInBothForms) {
  const Options options = parse({"--max_steps",
                                 "7",
                                 "--learning_rate=1e-2",
                                 "--dropout",
                                 "0.5",
                                 "--batch_size=32",
                                 "--eval_every",
                                 "0",
                                 "--seed=18446744073709551615",
                                 "--threads",
                                 "3",
                                 "--min_accuracy=0.97",
                                 "--model",
                                 "mlp",
                                 "--device=cuda:2",
                                 "--json",
                                 "-",
                                 "--data_dir",
                                 "/d",
                                 "--dataset=mnist",
                                 "--verbose",
                                 "--precision",
                                 "tf32",
                                 "--list_devices"});
  EXPECT_EQ(options.max_steps, 7u);
  EXPECT_EQ(options.learning_rate, 0.01f);
  EXPECT_EQ(options.dropout, 0.5f);
  EXPECT_EQ(options.batch_size, 32);
  EXPECT_EQ(options.eval_every, 0u);
  EXPECT_EQ(options.seed, 18446744073709551615u);
  EXPECT_EQ(options.threads, 3);
  EXPECT_EQ(options.min_accuracy, 0.97);
  EXPECT_EQ(options.model, "mlp");
  EXPECT_EQ(options.device.kind, DeviceKind::cuda);
  EXPECT_EQ(options.device.gpu, 2);
  EXPECT_EQ(options.device.text, "cuda:2");
  EXPECT_EQ(options.precision, Precision::tf32);
  EXPECT_TRUE(options.list_devices);
  EXPECT_EQ(options.json, "-");
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_EQ(options.dataset, DatasetChoice::mnist);
  EXPECT_EQ(options.verbosity, Verbosity::verbose);
}

TEST(Options, TakeDashesForUnderscoresInNamesAlone) {
  const Options options = parse({"--max-steps", "7", "--data-dir=/my-data_dir", "--json", "a-b"});
  EXPECT_EQ(options.max_steps, 7u);
  EXPECT_EQ(options.data_dir, "/my-data_dir");
  EXPECT_EQ(options.json, "a-b");
}

TEST(Options, TakeTheLastOfAFlagGivenTwice) {
  EXPECT_EQ(parse({"--max_steps=1", "--max-steps", "2"}).max_steps, 2u);
  EXPECT_EQ(parse({"--quiet", "--quiet=false"}).verbosity, Verbosity::normal);
  EXPECT_THAT(refusal({"--max_steps=x", "--max_steps=2"}), HasSubstr("'x'"));
}

TEST(Options, LetQuietWinOverVerboseAndKeepThemApart) {
  const auto verbosity = [](const std::vector<const char*>& words) {
    return parse(words).verbosity;
  };
  EXPECT_EQ(verbosity({"--quiet", "--verbose"}), Verbosity::quiet);
  EXPECT_EQ(verbosity({"--verbose", "--quiet"}), Verbosity::quiet);
  EXPECT_EQ(verbosity({"--quiet", "--verbose=false"}), Verbosity::quiet);
  EXPECT_EQ(verbosity({"--verbose", "--quiet=false"}), Verbosity::verbose);
  EXPECT_EQ(verbosity({"--quiet=false"}), Verbosity::normal);
  EXPECT_EQ(verbosity({"--verbose=false"}), Verbosity::normal);
}

TEST(Options, TakeTheEndsOfARange) {
  EXPECT_EQ(parse({"--learning_rate=1e-38"}).learning_rate, 1e-38f);
  EXPECT_EQ(parse({"--learning_rate=3e38"}).learning_rate, 3e38f);
  EXPECT_EQ(parse({"--dropout=0.0001"}).dropout, 0.0001f);
  EXPECT_EQ(parse({"--dropout=1"}).dropout, 1.0f);
  EXPECT_EQ(parse({"--min_accuracy=0"}).min_accuracy, 0.0);
  EXPECT_EQ(parse({"--device=cuda:1023"}).device.gpu, 1023);
}

TEST(Options, KeepAllMirrorsAndSplitNothingAtCommas) {
  EXPECT_THAT(parse({"--mirror", "http://a,b/", "--mirror=file:///c,d"}).mirrors,
              ElementsAre("http://a,b/", "file:///c,d"));
  EXPECT_EQ(parse({"--json", "a,b"}).json, "a,b");
}

TEST(Options, FakeDataTakesAnOptionalTrueOrFalse) {
  const auto dataset = [](const std::vector<const char*>& words) { return parse(words).dataset; };
  EXPECT_EQ(dataset({"--fake_data"}), DatasetChoice::synthetic);
  EXPECT_EQ(dataset({"--fake-data", "true"}), DatasetChoice::synthetic);
  EXPECT_EQ(dataset({"--fake_data=true"}), DatasetChoice::synthetic);
  EXPECT_EQ(dataset({"--fake_data", "false"}), DatasetChoice::automatic);
  EXPECT_EQ(dataset({"--fake_data=false"}), DatasetChoice::automatic);
  EXPECT_EQ(dataset({"--fake_data", "false", "--dataset=mnist"}), DatasetChoice::mnist);
  EXPECT_EQ(parse({"--fake_data", "--max_steps", "3"}).max_steps, 3u);
  EXPECT_THAT(refusal({"--fake_data", "maybe"}), HasSubstr("'maybe'"));
  EXPECT_THAT(refusal({"--fake_data=maybe"}),
              HasSubstr("--fake_data: 'maybe' is not true or false"));
  EXPECT_THAT(refusal({"--fake_data", "--dataset=mnist"}), HasSubstr("contradict"));
}

struct Refused {
  const char* flag;
  std::vector<const char*> values;
  const char* expected;  // what the message says of the range
};

class BadValues : public testing::TestWithParam<Refused> {};

TEST_P(BadValues, AreRefusedWithTheirFlagAndRange) {
  const std::string flag = GetParam().flag;
  for (const std::string value : GetParam().values) {
    const std::string joined = flag + "=" + value;
    const std::string message = flag + ": '" + value + "' is not " + GetParam().expected;
    EXPECT_THAT(refusal({joined.c_str()}), HasSubstr(message));
    EXPECT_THAT(refusal({flag.c_str(), value.c_str()}), HasSubstr(message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Flags, BadValues,
    testing::Values(
        Refused{"--max_steps",
                {"", "x", "-1", "1.5", "1e3", "0x10", "10x", " 10", "10 ", "+1", "1,2",
                 "1000000001", "99999999999999999999"},
                "a whole number from 0 to 1000000000"},
        Refused{"--batch_size", {"0", "10001", "-1"}, "a whole number from 1 to 10000"},
        Refused{"--eval_every", {"-10", "x"}, "a whole number from 0 to 1000000000"},
        Refused{"--seed",
                {"-1", "18446744073709551616", "0x1"},
                "a whole number from 0 to 18446744073709551615"},
        Refused{"--threads", {"0", "1025", "2.0"}, "a whole number from 1 to 1024"},
        Refused{
            "--learning_rate",
            {"", "0", "-0.001", "1e-3x", "0x1p3", "nan", "inf", "1e39", "1e-39", "1e-60", "0,1"},
            "a number from 1e-38 to 3e+38"},
        Refused{"--dropout",
                {"0", "1.01", "-0.5", "nan", "1e-6", "1e-46"},
                "a number from 0.0001 to 1"},
        Refused{"--min_accuracy", {"-0.1", "1.1", "97%", "nan", "1e-400"}, "a number from 0 to 1"},
        Refused{"--repeat", {"0", "1000001", "1.5"}, "a whole number from 1 to 1000000"},
        Refused{"--soak", {"0", "-1", "nan", "inf", "1h", "4e7"}, "a number from 0.1 to"},
        Refused{"--deadline", {"0", "-1", "nan", "5s"}, "a number from 0.1 to"},
        Refused{"--expect_gpus", {"-1", "1025", "all"}, "a whole number from 0 to 1024"},
        Refused{"--min_h2d", {"-1", "nan", "20GB"}, "a number from 0 to 1e+09"},
        Refused{"--min_d2d", {"-1", "inf"}, "a number from 0 to 1e+09"},
        Refused{"--min_tflops", {"-1", "x"}, "a number from 0 to 1e+09"},
        Refused{"--junit", {"", "--quiet"}, "a path"}, Refused{"--metrics", {""}, "a path"},
        Refused{"--checkpoint", {"", "--quiet"}, "a path"}, Refused{"--resume", {""}, "a path"},
        Refused{"--checkpoint_every", {"-1", "x"}, "a whole number from 0 to 1000000000"},
        Refused{"--export",
                {"", "--quiet", "a.pt", "onnx", "a.onnx/"},
                "a path that ends in .onnx or .safetensors"},
        Refused{"--model", {"", "LeNet", "resnet"}, "lenet or mlp"},
        Refused{"--dataset", {"", "cifar"}, "auto, mnist or synthetic"},
        Refused{"--device",
                {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:1024", "cuda:0x0", "cuda:1,2"},
                "auto, cpu, cuda, cuda:N with N from 0 to 1023, or all"},
        Refused{"--precision", {"", "FP32", "fp16"}, "fp32 or tf32"},
        Refused{"--mirror",
                {"", "ftp://a/", "a/b", "http://", "HTTP//x"},
                "the URL of a folder: http://, https:// or file://, and no query"},
        Refused{"--data_dir", {"", "--quiet"}, "a path"}, Refused{"--json", {""}, "a path"},
        Refused{"--log_dir", {""}, "a path"}),
    [](const auto& refused) { return std::string(refused.param.flag + 2); });

TEST(Options, RefuseAFlagWithoutItsValue) {
  EXPECT_THAT(refusal({"--max_steps"}), HasSubstr("--max_steps: '' is not a whole number from 0"));
  EXPECT_THAT(refusal({"--json", "--quiet"}), HasSubstr("--json: '--quiet' is not a path"));
  EXPECT_THAT(refusal({"--quiet=maybe"}), HasSubstr("--quiet: 'maybe' is not true or false"));
}

TEST(Options, SayWhatIsWrongWithANumberTooSmallForItsType) {
  EXPECT_THAT(refusal({"--min_accuracy=1e-400"}), HasSubstr("from 0 to 1 that fits in 64 bits;"));
  EXPECT_THAT(refusal({"--min_accuracy=1.1"}), HasSubstr("from 0 to 1;"));
}

TEST(Options, RefuseUnknownFlagsAndStrayWords) {
  EXPECT_THAT(refusal({"--max_stps=3"}),
              HasSubstr("no flag --max_stps; did you mean --max_steps?"));
  EXPECT_THAT(refusal({"--colour"}), HasSubstr("no flag --colour; mnist-demo --help"));
  EXPECT_THAT(refusal({"-json", "x"}), HasSubstr("no flag -json; did you mean --json?"));
  EXPECT_THAT(refusal({"--no-quiet"}), HasSubstr("no flag --no-quiet; mnist-demo --help"));
  EXPECT_THAT(refusal({"---max-steps"}), HasSubstr("no flag ---max-steps; did you mean --max_st"));
  EXPECT_THAT(refusal({"--", "--quiet"}), HasSubstr("'--' is neither a flag"));
  EXPECT_THAT(refusal({"-"}), HasSubstr("'-' is neither a flag"));
  EXPECT_THAT(refusal({"--json", "--no-such"}), HasSubstr("--json: '--no-such' is not a path"));
  EXPECT_THAT(refusal({"500"}), HasSubstr("'500' is neither a flag nor the value of one"));
  EXPECT_THAT(refusal({"--quiet", "true"}), HasSubstr("'true' is neither a flag"));
  EXPECT_THAT(refusal({""}), HasSubstr("'' is neither a flag"));
}

TEST(Options, RefuseAbsurdWordsInsteadOfCrashing) {
  const std::string longest = "--json=" + std::string(100'000, 'a');
  EXPECT_THAT(refusal({longest.c_str()}), HasSubstr("a word of 100007 characters"));
  EXPECT_THAT(refusal({"--json=a\nb"}), HasSubstr("--json=: a line feed in its value"));
  EXPECT_EQ(parse({"--json", "a\nb"}).json, "a\nb");
}

TEST(Options, TakeTheDeviceFromTheEnvironmentWhereNoFlagSays) {
  EXPECT_EQ(parse({}, {{"MNIST_DEMO_DEVICE", "cpu"}}).device.kind, DeviceKind::cpu);
  EXPECT_EQ(parse({}, {{"MNIST_DEMO_DEVICE", ""}}).device.kind, DeviceKind::automatic);
  EXPECT_EQ(parse({"--device=auto"}, {{"MNIST_DEMO_DEVICE", "cpu"}}).device.kind,
            DeviceKind::automatic);
  EXPECT_THAT(refusal({}, {{"MNIST_DEMO_DEVICE", "gpu"}}),
              HasSubstr("MNIST_DEMO_DEVICE: 'gpu' is not auto, cpu, cuda, cuda:N"));
}

TEST(Options, RefuseTf32OnTheCpuThatWasAskedFor) {
  EXPECT_THAT(refusal({"--precision=tf32", "--device=cpu"}),
              HasSubstr("--precision tf32 and --device cpu contradict each other: the CPU"));
  EXPECT_THAT(refusal({"--precision=tf32"}, {{"MNIST_DEMO_DEVICE", "cpu"}}), HasSubstr("tf32"));
  EXPECT_EQ(parse({"--precision=tf32"}).precision, Precision::tf32);
  EXPECT_EQ(parse({"--precision=fp32", "--device=cpu"}).precision, Precision::fp32);
}

TEST(Options, TakeTheDataFolderFromTheFirstThatSays) {
  const Variables all{
      {"MNIST_DEMO_DATA_DIR", "/e"}, {"XDG_CACHE_HOME", "/c"}, {"HOME", "/h"}, {"TMPDIR", "/t"}};
  const auto without = [&all](const std::vector<const char*>& names) {
    Variables variables = all;
    for (const char* name : names) variables[name] = "";
    return parse({}, variables).data_dir;
  };
  EXPECT_EQ(parse({"--data_dir=/d"}, all).data_dir, "/d");
  EXPECT_EQ(without({}), "/e");
  EXPECT_EQ(without({"MNIST_DEMO_DATA_DIR"}), "/c/mnist-demo");
  EXPECT_EQ(without({"MNIST_DEMO_DATA_DIR", "XDG_CACHE_HOME"}), "/h/.cache/mnist-demo");
  const std::string own = "mnist-demo-" + std::to_string(::getuid());
  EXPECT_EQ(without({"MNIST_DEMO_DATA_DIR", "XDG_CACHE_HOME", "HOME"}), "/t/" + own);
  EXPECT_EQ(parse({}).data_dir, "/tmp/" + own);
  EXPECT_EQ(parse({}, {{"XDG_CACHE_HOME", "relative"}, {"HOME", "/h"}}).data_dir,
            "/h/.cache/mnist-demo");
}

TEST(Options, LookIntoThePredecessorsFoldersUnlessOneIsNamed) {
  EXPECT_THAT(parse({}).further_data_dirs,
              ElementsAre("/tmp/tensorflow/mnist/input_data", "/tmp/tensorflow/input_data"));
  EXPECT_THAT(parse({"--data_dir=/d"}).further_data_dirs, IsEmpty());
}

TEST(Options, HonourNoColor) {
  EXPECT_TRUE(parse({}).color);
  EXPECT_TRUE(parse({}, {{"NO_COLOR", ""}}).color);
  EXPECT_FALSE(parse({}, {{"NO_COLOR", "1"}}).color);
}

TEST(Options, AskedForHelpOrVersionNeedNothingOfTheEnvironment) {
  EXPECT_TRUE(parse({"--help"}, {{"MNIST_DEMO_DEVICE", "gpu"}}).help);
  EXPECT_TRUE(parse({"--version"}, {{"MNIST_DEMO_DEVICE", "gpu"}}).version);
  EXPECT_THAT(refusal({"--help=false"}, {{"MNIST_DEMO_DEVICE", "gpu"}}), HasSubstr("'gpu'"));
}

TEST(HelpText, NamesEveryFlag) {
  for (const char* flag :
       {"dataset",       "data_dir",     "mirror",      "fake_data",    "model",     "max_steps",
        "learning_rate", "dropout",      "batch_size",  "eval_every",   "seed",      "device",
        "threads",       "min_accuracy", "json",        "log_dir",      "quiet",     "verbose",
        "version",       "help",         "precision",   "list_devices", "preflight", "strict",
        "repeat",        "soak",         "expect_gpus", "bandwidth",    "min_h2d",   "min_d2d",
        "min_tflops",    "deadline",     "junit",       "metrics",      "trace",     "page",
        "checkpoint",    "resume",       "export",      "predict",      "model_file"})
    EXPECT_THAT(help_text(), HasSubstr(std::string("--") + flag));
}

TEST(HelpText, HasTheRanges) {
  const std::string words = std::regex_replace(help_text(), std::regex("\\s+"), " ");
  for (const char* range :
       {"training steps, 0 to 1000000000 ", "rate, 1e-38 to 3e+38 ", "training, 0.0001 to 1 ",
        "a step, 1 to 10000 ", "lines, 0 to 1000000000;", "0 to 18446744073709551615 ",
        "engine, 1 to 1024 ", "below X, 0 to 1 "})
    EXPECT_THAT(words, HasSubstr(range));
}

}  // namespace
}  // namespace mnist

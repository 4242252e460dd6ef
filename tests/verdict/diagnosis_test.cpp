#include "verdict/diagnosis.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "machine/made_up_machine.hpp"
#include "verdict/compatibility.hpp"
#include "verdict/diagnosis_rows.hpp"

namespace mnist {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using enum GpuLibrary;

class Diagnosis : public MadeUpMachine {
 protected:
  Evidence look(const Files& files, std::map<std::string, std::string> set) {
    for (const auto& entry : std::filesystem::directory_iterator(root()))
      std::filesystem::remove_all(entry.path());
    for (const auto& [path, content] : files) file(path, content);
    variables = std::move(set);
    return look_up_evidence(machine(), "libno-such-nvml.so.1");
  }
  Verdict verdict(const DiagnosisRow& row) {
    Evidence evidence = look(row.files, row.variables);
    row.further(evidence);
    return diagnose(row.failed, evidence);
  }
};

void expect_one_line(const std::string& text) {
  EXPECT_THAT(text, Not(IsEmpty()));
  EXPECT_THAT(text, Not(testing::EndsWith(".")));
  EXPECT_THAT(text, Not(HasSubstr(", ,")));
  EXPECT_THAT(text, Not(HasSubstr("  ")));
  EXPECT_LT(text.size(), 600u);
  for (const char letter : text) EXPECT_FALSE(letter >= 0 && letter < ' ') << text;
}

void expect_lines(const Verdict& verdict) {
  expect_one_line(verdict.cause);
  expect_one_line(verdict.evidence);
  expect_one_line(verdict.remedy);
}

TEST_F(Diagnosis, HasARowForEachCause) {
  for (const DiagnosisRow& row : diagnosis_rows()) {
    SCOPED_TRACE(row.name);
    const Verdict told = verdict(row);
    EXPECT_EQ(static_cast<int>(told.code), row.code);
    EXPECT_EQ(told.cause, row.cause);
    for (const char* part : row.evidence) EXPECT_THAT(told.evidence, HasSubstr(part));
    for (const char* part : row.remedy) EXPECT_THAT(told.remedy, HasSubstr(part));
    expect_lines(told);
  }
}

// CUDA's answer is the same; what to do is another on each machine.
TEST_F(Diagnosis, OfOneAnswerDependsOnTheMachine) {
  std::map<int, std::set<std::string>> remedies;
  for (const DiagnosisRow& row : diagnosis_rows())
    if (row.failed.library == cuda) remedies[row.failed.status].insert(verdict(row).remedy);
  for (const auto& [status, least] :
       {std::pair(35, 8u), {100, 7u}, {999, 6u}, {803, 3u}, {46, 3u}, {304, 3u}, {719, 2u}})
    EXPECT_GE(remedies[status].size(), least) << status;
}

struct Coded {
  GpuLibrary library;
  std::vector<int> statuses;
  int code;
};

// Where nothing else is known. The rest of the numbers are other failures.
const std::vector<Coded> reference{{cuda, {100, 3, 999}, 10},
                                   {nvml, {9, 12}, 10},
                                   {cuda, {35, 36, 222, 804}, 11},
                                   {cuda, {34, 803}, 12},
                                   {nvml, {18}, 12},
                                   {cuda, {209}, 13},
                                   {cublas, {8}, 13},
                                   {cudnn, {6, 3007}, 13},
                                   {cuda, {802, 805, 806, 807, 810}, 14},
                                   {cuda, {46, 808, 809}, 15},
                                   {cuda, {304, 800}, 16},
                                   {nvml, {4, 17}, 16},
                                   {cuda, {2}, 17},
                                   {cublas, {3}, 17},
                                   {cudnn, {2, 4003, 4004}, 17},
                                   {cuda, {214, 220}, 20},
                                   {nvml, {15, 16}, 20},
                                   {cuda, {226, 700, 710, 719}, 70},
                                   {cudnn, {1002, 1008, 3009}, 10}};

TEST_F(Diagnosis, GivesEachNumberItsCode) {
  std::map<std::pair<GpuLibrary, int>, int> codes;
  for (const Coded& coded : reference)
    for (const int status : coded.statuses) codes[{coded.library, status}] = coded.code;
  const Evidence bare = look({}, {});
  const Evidence good = look(healthy_files(), {});
  for (const GpuLibrary library : {cuda, cublas, cudnn, nvml})
    for (int status = 1; status < 6000; ++status) {
      const auto coded = codes.find({library, status});
      const int code = coded == codes.end() ? 1 : coded->second;
      for (const Evidence& evidence : {bare, good})
        EXPECT_EQ(static_cast<int>(diagnose(failure(library, status), evidence).code), code)
            << static_cast<int>(library) << " " << status;
    }
  for (const auto& [key, code] : codes)
    EXPECT_TRUE(std::ranges::any_of(diagnosis_rows(),
                                    [&](const DiagnosisRow& row) {
                                      return row.failed.library == key.first &&
                                             row.failed.status == key.second;
                                    }))
        << "no row for " << key.second;
}

// Everything that a machine shows may hold anything.
TEST_F(Diagnosis, IsOneLineWhateverTheMachineShows) {
  Evidence odd =
      look(healthy_files() + docker_files() + log("79", 150) + loaded("/x\ty/compat/libcuda.so"),
           {{"CUDA_VISIBLE_DEVICES", "1\n2"},
            {"LD_LIBRARY_PATH", std::string(100'000, 'x')},
            {"CUDA_MPS_PIPE_DIRECTORY", "\x1b[31m"}});
  loses(odd);
  for (int extra = 0; extra < 200; ++extra)
    odd.device_files.push_back({"/dev/nvidia" + std::to_string(extra), "-", "\n", false});
  for (const Coded& coded : reference)
    for (const int status : coded.statuses) {
      SCOPED_TRACE(status);
      expect_lines(diagnose(failure(coded.library, status), odd));
      odd.place.container.swap(odd.seccomp);  // once in a container, once not
    }
}

TEST(Compatibility, KnowsGpusByTheirPciDevice) {
  const std::pair<unsigned, const char*> devices_of[] = {
      {0x102d, "Kepler"},  // K80
      {0x1180, "Kepler"},         {0x13f2, "Maxwell"} /* M60 */, {0x1bb3, "Pascal"} /* P4 */,
      {0x15f8, "Pascal"},         {0x1db6, "Volta"} /* V100 */,  {0x1eb8, "Turing"} /* T4 */,
      {0x2182, "Turing"},         {0x20b0, "Ampere"} /* A100 */, {0x2236, "Ampere"} /* A10 */,
      {0x25b6, "Ampere"},         {0x2330, "Hopper"} /* H100 */, {0x2335, "Hopper"} /* H200 */,
      {0x26b9, "Ada"} /* L40S */, {0x27b8, "Ada"} /* L4 */,      {0x2901, "Blackwell"} /* B200 */,
      {0x2bb5, "Blackwell"},      {0x3182, "Blackwell"}};
  for (const auto& [id, name] : devices_of) {
    ASSERT_NE(generation_of(id), nullptr) << id;
    EXPECT_EQ(generation_of(id)->name, name) << id;
  }
  for (const unsigned id :
       {0u, 0x06d1u /* Fermi */, 0x1ad6u /* USB */, 0x10f7u /* sound */, 0x1040u, 0xffffu})
    EXPECT_EQ(generation_of(id), nullptr) << id;
}

TEST(Compatibility, ComparesVersionsAsNumbers) {
  EXPECT_TRUE(is_older("470.82.01", "525.60"));
  EXPECT_TRUE(is_older("525.59.99", "525.60"));
  EXPECT_TRUE(is_older("450.80.1", "450.80.02"));
  EXPECT_TRUE(is_older("99.1", "450.80.02"));
  EXPECT_TRUE(is_older("", "450.80.02"));
  EXPECT_FALSE(is_older("525.60.13", "525.60"));
  EXPECT_FALSE(is_older("525.100", "525.60"));
  EXPECT_FALSE(is_older("580.65.06", "580.65"));
  EXPECT_FALSE(is_older("1000.1", "580.65"));
}

}  // namespace
}  // namespace mnist

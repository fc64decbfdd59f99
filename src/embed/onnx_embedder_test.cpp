#include "embed/onnx_embedder.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "embed/model_folder_for_test.hpp"

namespace wellspring::embed {
namespace {

namespace json = boost::json;
using Vector = std::vector<float>;

double dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// A folder of its own for a test, with the pinned tokenizer in it.
class OwnFolder : public testing::Test {
 protected:
  void SetUp() override {
    WELLSPRING_NEEDS_MODEL_FILE("tokenizer.json");
    std::string pattern = testing::TempDir() + "embedXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::copy_file(pinned_model_folder() / "tokenizer.json", folder_ / "tokenizer.json");
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void write(const std::string& name, std::string_view bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  Error open_error(OnnxEmbedderOptions options) {
    options.folder = folder_;
    const auto result = open_onnx_embedder(options);
    return result.has_error() ? result.error() : fail(ErrorKind::kBug, "opened");
  }
  std::filesystem::path folder_;
};

struct Form {
  ModelForm form;
  const char* file;
  const char* key;
  /// fp32 differs by the rounding of the committed values. int8 kernels saturate on processors with AVX2 and
  /// without VNNI: 0.962 was the lowest of these texts on an emulated Haswell.
  double cosine;
};

class MiniLm : public testing::TestWithParam<Form> {};

TEST_P(MiniLm, GivesTheReferenceVectors) {
  WELLSPRING_NEEDS_MODEL_FILE(GetParam().file);
  const auto embedder =
      open_onnx_embedder({.folder = pinned_model_folder(), .form = GetParam().form}).value();
  EXPECT_EQ(embedder->dimension(), 384u);
  const json::value rows = json::parse(read_whole(test_data("minilm_reference.json")));
  for (const json::value& row : rows.as_array()) {
    const auto text = json::value_to<std::string>(row.at("text"));
    const auto expected = json::value_to<Vector>(row.at(GetParam().key));
    const std::string_view view = text;
    EXPECT_GT(dot(embedder->embed({&view, 1}).value().front(), expected), GetParam().cosine) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, MiniLm,
                         testing::Values(Form{ModelForm::kFp32, "model.onnx", "fp32", 0.99999},
                                         Form{ModelForm::kInt8, "model.int8.onnx", "int8", 0.95}),
                         [](const auto& suite) { return suite.param.key; });

TEST(MiniLmName, NamesFolderAndForm) {
  WELLSPRING_NEEDS_MODEL_FILE("model.int8.onnx");
  for (const auto& folder : {pinned_model_folder(), pinned_model_folder() / ""}) {
    EXPECT_EQ(open_onnx_embedder({.folder = folder}).value()->model_name(), "all-minilm-l6-v2/int8");
  }
}

std::size_t entries_of(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator entries(folder);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

TEST(OnnxEmbedder, LeavesNoFileOpenAndNoThreadRunning) {
  WELLSPRING_NEEDS_MODEL_FILE("model.int8.onnx");
  const std::size_t threads = entries_of("/proc/self/task");
  const std::size_t files = entries_of("/proc/self/fd");
  const auto embedder = open_onnx_embedder({.folder = pinned_model_folder()}).value();
  EXPECT_EQ(entries_of("/proc/self/task"), threads) << "the runtime's own usage reports are on";
  EXPECT_EQ(entries_of("/proc/self/fd"), files);
}

TEST(OnnxEmbedder, SaysWhichFolderIsMissing) {
  const auto result = open_onnx_embedder({.folder = "/nonexistent/model"});
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(result.error().message.find("/nonexistent/model/tokenizer.json"), std::string::npos);
}

TEST_F(OwnFolder, SaysHowToGetAMissingForm) {
  const Error int8 = open_error({});
  EXPECT_EQ(int8.kind, ErrorKind::kNotFound);
  EXPECT_NE(int8.message.find("model.int8.onnx"), std::string::npos);
  EXPECT_NE(int8.message.find("choose the fp32 form"), std::string::npos);
  EXPECT_EQ(open_error({.form = ModelForm::kFp32}).kind, ErrorKind::kNotFound);
}

TEST_F(OwnFolder, CallsADamagedModelCorrupt) {
  write("model.onnx", "this is no model");
  EXPECT_EQ(open_error({.form = ModelForm::kFp32}).kind, ErrorKind::kCorrupt);
}

TEST_F(OwnFolder, CallsADamagedTokenizerCorrupt) {
  write("tokenizer.json", "{\"model\": ");
  EXPECT_EQ(open_error({}).kind, ErrorKind::kCorrupt);
}

TEST_F(OwnFolder, RefusesOptionsOutOfRange) {
  for (const OnnxEmbedderOptions& options :
       {OnnxEmbedderOptions{.max_tokens = 2}, OnnxEmbedderOptions{.max_tokens = 100'000},
        OnnxEmbedderOptions{.threads = 0}, OnnxEmbedderOptions{.threads = 10'000}}) {
    EXPECT_EQ(open_error(options).kind, ErrorKind::kInvalidArgument);
  }
}

TEST_F(OwnFolder, RefusesAWindowLongerThanTheModelHasPositions) {
  WELLSPRING_NEEDS_MODEL_FILE("model.int8.onnx");
  std::filesystem::create_symlink(pinned_model_folder() / "model.int8.onnx", folder_ / "model.int8.onnx");
  EXPECT_EQ(open_error({.max_tokens = 513}).kind, ErrorKind::kInvalidArgument);
}

}  // namespace
}  // namespace wellspring::embed

#include "server/operations/stream_run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "base/base64.hpp"
#include "base/rng.hpp"
#include "device/sim/driver.hpp"
#include "ops/kept_arrays.hpp"
#include "server/app/json_value.hpp"

namespace weir::server {
namespace {

// What stands between the brackets of the array `key`, or of the first array if there is no key.
std::string array_of(const std::string& text, const std::string& key) {
  const std::string mark = "\"" + key + "\":[";
  const std::size_t found = text.find(mark);
  if (found == std::string::npos) return "no " + key;
  const std::size_t begin = found + mark.size();
  int depth = 1;
  for (std::size_t i = begin; i < text.size(); ++i) {
    depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    if (depth == 0) return text.substr(begin, i - begin);
  }
  return "no end of " + key;
}

std::string result_of(const std::string& envelope) {
  const std::size_t begin = envelope.find("\"result\":");
  return envelope.substr(begin, envelope.find(",\"gpu_used\"") - begin);
}

std::string joined(const std::vector<std::string>& rows, char with) {
  std::string text;
  for (const std::string& row : rows) text += (text.empty() ? "" : std::string(1, with)) + row;
  return text;
}

struct Answer {
  std::vector<std::string> chunks;
  std::string last;

  // The arrays `key` of all chunks, one after the other.
  std::string all(const std::string& key) const {
    std::vector<std::string> parts;
    for (const std::string& chunk : chunks) {
      const std::string part = array_of(chunk, key);
      if (!part.empty()) parts.push_back(part);
    }
    return joined(parts, ',');
  }
};

class StreamRunTest : public testing::Test {
 protected:
  // Runs lines through a stream, a few bytes at a time.
  Answer run(std::string_view name, std::string_view first, const std::string& rows,
             const StreamLimits& limits = {}, std::size_t piece = 1000) {
    OperationService service(context, {.running_max = 1, .stream = limits});
    auto opened = StreamRun::open(service, name, first, "r-1");
    if (!opened) return {{}, failure_json(opened.error(), "r-1")};
    StreamRun& stream = **opened;
    std::string out;
    for (std::size_t at = 0; at < rows.size() && !stream.finished(); at += piece) {
      stream.push(std::string_view(rows).substr(at, piece));
      while (stream.step(false, out)) {
      }
    }
    while (stream.step(true, out)) {
    }
    EXPECT_TRUE(stream.finished());
    Answer answer;
    while (!out.empty()) {
      const std::size_t end = out.find('\n');
      EXPECT_TRUE(parse_json(out.substr(0, end))) << out;
      answer.chunks.push_back(out.substr(0, end));
      out.erase(0, end + 1);
    }
    answer.last = answer.chunks.back();
    answer.chunks.pop_back();
    return answer;
  }
  std::string plain(std::string_view name, const std::string& params) {
    OperationService service(context, {.running_max = 1});
    return service.answer(name, params, "r-1").body;
  }
  static std::string first(const std::string& params, const std::string& options = "{}") {
    return R"({"params":)" + params + R"(,"options":)" + options + "}";
  }
  static std::vector<std::string> numbers(std::size_t count, std::uint64_t seed = 7) {
    Philox rng(seed, 0);
    std::vector<std::string> rows(count);
    for (std::string& row : rows) append_json_f64(row, 1e3 * rng.next_unit() * rng.next_unit() - 7);
    return rows;
  }

  ops::Context context{ops::Workers(1), system_clock()};
};

TEST_F(StreamRunTest, HashesItemsChunkByChunk) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < 50; ++i) {
    const std::vector<std::uint8_t> bytes(i * 3, static_cast<std::uint8_t>(i));
    items.push_back('"' + base64(bytes) + '"');
  }
  for (const std::string algorithm : {"sha256", "xxh3"}) {
    const std::string params = R"({"algorithm":")" + algorithm + "\"}";
    const Answer answer = run("hash_batch", first(params), joined(items, '\n'), {.chunk_rows = 7});
    EXPECT_EQ(answer.chunks.size(), 8U);
    EXPECT_TRUE(answer.chunks[0].starts_with(R"({"chunk":0,"rows":7,"result":{"digests":[)"));
    EXPECT_EQ(answer.all("digests"),
              array_of(plain("hash_batch", R"({"algorithm":")" + algorithm + R"(","items":[)" +
                                               joined(items, ',') + "]}"),
                       "digests"));
    EXPECT_NE(answer.last.find(R"("result":{"items":50})"), std::string::npos) << answer.last;
    // One op, all chunks of it together.
    EXPECT_NE(answer.last.find(R"("rows_in":50,"rows_out":50)"), std::string::npos) << answer.last;
    EXPECT_NE(answer.last.find(R"("chunks":8,"attempts":8)"), std::string::npos) << answer.last;
  }
}

TEST_F(StreamRunTest, VerifiesSignatures) {
  const std::string good =
      R"({"public_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","signature":)"
      R"("5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFD)"
      R"(jnoQCw==",)"
      R"("message":""})";
  std::string bad = good;
  bad.replace(bad.find("\"message\":\"\""), 12, "\"message\":\"YQ==\"");
  const std::vector<std::string> items = {good, bad, good, good, bad};
  const Answer answer =
      run("signature_verify", first("{}"), joined(items, '\n'), {.chunk_rows = 2});
  EXPECT_EQ(answer.chunks.size(), 3U);
  const std::string whole = plain("signature_verify", "{\"items\":[" + joined(items, ',') + "]}");
  EXPECT_EQ(answer.all("valid"), "true,false,true,true,false");
  EXPECT_EQ(answer.all("reasons"), array_of(whole, "reasons"));
}

TEST_F(StreamRunTest, FindsTheRootOfAnyNumberOfItems) {
  for (const std::size_t count : {0, 1, 2, 5, 64, 1000, 2051}) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<std::uint8_t> bytes(i % 50, static_cast<std::uint8_t>(i));
      items.push_back('"' + base64(bytes) + '"');
    }
    const std::string whole = plain("merkle_root", "{\"items\":[" + joined(items, ',') + "]}");
    for (const std::size_t rows : {1, 7, 1024}) {
      const Answer answer =
          run("merkle_root", first("{}"), joined(items, '\n'), {.chunk_rows = rows});
      EXPECT_EQ(result_of(answer.last), result_of(whole)) << count << " in chunks of " << rows;
    }
  }
}

TEST_F(StreamRunTest, GivesTheStatisticsOfTheWhole) {
  const std::string cases[] = {
      R"({})", R"({"sum":"neumaier","ddof":1,"bias":false})",
      R"({"quantiles":[0,0.1,0.5,1],"histogram":{"lo":-5,"hi":500,"bins":7}})",
      R"({"histogram":{"edges":[0,1,30]},"nan":"omit"})"};
  for (const std::size_t count : {0, 1, 1023, 1024, 1025, 9000}) {
    std::vector<std::string> rows = numbers(count);
    for (std::size_t i = 5; i < count; i += 701) rows[i] = "null";
    for (const std::string& params : cases) {
      const std::string all = params.substr(0, params.size() - 1) + (params == "{}" ? "" : ",") +
                              "\"data\":[" + joined(rows, ',') + "]}";
      for (const std::size_t chunk_rows : {std::size_t{1}, std::size_t{2050}}) {
        const Answer answer =
            run("statistics", first(params), joined(rows, '\n'), {.chunk_rows = chunk_rows});
        EXPECT_EQ(result_of(answer.last), result_of(plain("statistics", all)))
            << count << ' ' << params;
      }
    }
  }
}

TEST_F(StreamRunTest, TellsTheRowThatIsNaN) {
  std::string rows;
  for (int i = 0; i < 3000; ++i) rows += "1\n";
  rows += R"({"shape":[2],"data":"AAAAAAAA8D8AAAAAAAD4fw=="})";  // 1, NaN
  const Answer answer = run("statistics", first(R"({"nan":"raise"})"), rows, {.chunk_rows = 1024});
  EXPECT_NE(answer.last.find("row 3001 is NaN"), std::string::npos) << answer.last;
  EXPECT_NE(answer.last.find("\"success\":false"), std::string::npos);
}

TEST_F(StreamRunTest, AnswersWindowsAsTheyComplete) {
  const std::vector<std::string> rows = numbers(3000);
  const std::string data = "\"data\":[" + joined(rows, ',') + "]";
  struct Window {
    int size;
    int stride;
  };
  const Window windows[] = {{8, 1},    {8, 3},  {64, 1},  {64, 5},
                            {100, 30}, {8, 50}, {700, 1}, {5, 4000}};
  for (const Window& window : windows) {
    const std::string params =
        "\"size\":" + std::to_string(window.size) + ",\"stride\":" + std::to_string(window.stride);
    const std::string whole =
        array_of(plain("features", "{" + params + "," + data + "}"), "features");
    for (const std::size_t chunk_bytes : {1, 50'000}) {
      const Answer answer =
          run("features", first("{" + params + "}"), joined(rows, '\n'),
              {.chunk_rows = 1'000'000, .chunk_bytes = static_cast<std::size_t>(chunk_bytes)}, 777);
      EXPECT_EQ(answer.all("features"), whole) << params << ' ' << chunk_bytes;
    }
  }
}

TEST_F(StreamRunTest, ConvolvesASeriesAsItComes) {
  const std::vector<std::string> rows = numbers(3000);
  const std::string data = "\"data\":[" + joined(rows, ',') + "]";
  for (const std::size_t taps : {1, 3, 39, 40, 300}) {
    for (const std::string mode : {"full", "same", "valid"}) {
      for (const std::string method : {"auto", "fft"}) {
        const std::string params = "\"kernel\":[" + joined(numbers(taps, 9), ',') +
                                   R"(],"mode":")" + mode + R"(","method":")" + method + "\"";
        const std::string whole =
            array_of(plain("convolution", "{" + params + "," + data + "}"), "data");
        const Answer answer =
            run("convolution", first("{" + params + "}"), joined(rows, '\n'), {.chunk_rows = 501});
        EXPECT_EQ(answer.all("data"), whole) << taps << ' ' << mode << ' ' << method;
      }
    }
  }
  const Answer tooShort =
      run("convolution", first(R"({"kernel":[1,2,3],"mode":"valid"})"), "1\n2\n");
  EXPECT_NE(tooShort.last.find("no valid part"), std::string::npos) << tooShort.last;
}

TEST_F(StreamRunTest, MultipliesRows) {
  std::vector<std::string> a;
  std::vector<std::string> b;
  for (std::uint64_t i = 0; i < 100; ++i) a.push_back("[" + joined(numbers(37, i), ',') + "]");
  for (std::uint64_t i = 0; i < 37; ++i) b.push_back("[" + joined(numbers(5, 1000 + i), ',') + "]");
  const std::string right = "\"b\":[" + joined(b, ',') + "]";
  for (const std::string precision : {"fp64", "fp32"}) {
    const std::string options = R"({"precision":")" + precision + "\"}";
    const std::string whole =
        plain("matrix_multiply", "{\"a\":[" + joined(a, ',') + "]," + right +
                                     ",\"alpha\":0.5,\"options\":" + options + "}");
    const Answer answer = run("matrix_multiply", first("{" + right + ",\"alpha\":0.5}", options),
                              joined(a, '\n'), {.chunk_rows = 3});
    EXPECT_EQ(answer.chunks.size(), 4U);
    EXPECT_EQ(answer.all("data"), array_of(whole, "data")) << precision;
    EXPECT_NE(answer.last.find("\"shape\":[100,5]"), std::string::npos) << answer.last;
  }
  const Answer wrong = run("matrix_multiply", first("{" + right + "}"), "[1]\n");
  EXPECT_NE(wrong.last.find("a row has 1 numbers; b has 37 rows"), std::string::npos) << wrong.last;
}

TEST_F(StreamRunTest, TransformsSignals) {
  for (const std::string form : {R"({})", R"({"real":true})", R"({"inverse":true})"}) {
    std::vector<std::string> signals;
    std::vector<std::string> expected;
    for (std::uint64_t i = 1; i < 12; ++i) {
      signals.push_back("[" + joined(numbers(i * 5, i), ',') + "]");
      const std::string params = form.substr(0, form.size() - 1) + (form == "{}" ? "" : ",") +
                                 "\"data\":" + signals.back();
      expected.push_back("{\"data\":[" + array_of(plain("fft", params + "}"), "data") + "]}");
    }
    const Answer answer = run("fft", first(form), joined(signals, '\n'), {.chunk_rows = 4});
    EXPECT_EQ(answer.chunks.size(), 3U);
    EXPECT_EQ(answer.all("result"), joined(expected, ',')) << form;
  }
}

TEST_F(StreamRunTest, ProcessesRowsAsTheyCome) {
  std::vector<std::string> rows;
  for (int i = 0; i < 700; ++i) {
    const std::string value = i % 11 == 3 ? "null" : std::to_string((i * 37) % 101) + ".25";
    rows.push_back("{\"id\":" + std::to_string(i) + ",\"at\":{\"card\":\"c" +
                   std::to_string(i % 7) + "\"},\"value\":" + value + "}");
  }
  const std::string with = R"([{"card":"c1","limit":5},{"card":"c4","limit":60}])";
  const std::string cases[] = {
      R"([])",
      R"([{"op":"filter","where":"value > 20"},{"op":"map","set":{"twice":"value * 2"}}])",
      R"([{"op":"limit","k":300,"offset":90},{"op":"select","columns":["value","id"]}])",
      R"([{"op":"filter","where":"value > 90"},{"op":"limit","k":20,"offset":7}])",
      R"([{"op":"join","with":)" + with + R"(,"on":[["at.card","card"]]}])",
      R"([{"op":"join","with":)" + with + R"(,"on":[["at.card","card"]],"kind":"left"}])",
      R"([{"op":"filter","where":"id > 50"},{"op":"sort","by":[{"expr":"value","desc":true}]}])",
      R"J([{"op":"group","by":["at.card"],"aggregates":{"n":"count()","s":"sum(value)"}},)J"
      R"J({"op":"filter","where":"n > 99"}])J",
      R"J([{"op":"aggregate","aggregates":{"m":"avg(value)","d":"stddev_samp(value)"}}])J",
      R"([{"op":"distinct","by":["value"]},{"op":"limit","k":5}])",
      R"([{"op":"top_k","by":["value"],"k":9}])",
  };
  for (const std::string& steps : cases) {
    const std::string whole = plain(
        "data_processing", "{\"data\":[" + joined(rows, ',') + "],\"operations\":" + steps + "}");
    ASSERT_NE(whole.find("\"success\":true"), std::string::npos) << whole;
    const Answer answer = run("data_processing", first("{\"operations\":" + steps + "}"),
                              joined(rows, '\n'), {.chunk_rows = 77});
    EXPECT_EQ(answer.chunks.size(), 10U);
    const bool kept = answer.last.find("\"rows\":[") != std::string::npos;
    EXPECT_EQ(kept ? array_of(answer.last, "rows") : answer.all("rows"), array_of(whole, "rows"))
        << steps;
    EXPECT_EQ(array_of(answer.last, "steps"), array_of(whole, "steps")) << steps;
  }
}

TEST_F(StreamRunTest, KeepsTheColumnsOfTheFirstRows) {
  const std::string plain_steps = R"({"operations":[]})";
  const std::string rows = "{\"a\":1}\n{\"b\":\"x\"}\n{\"a\":null}\n";
  const Answer late = run("data_processing", first(plain_steps), rows, {.chunk_rows = 1});
  EXPECT_NE(late.last.find("b comes up only behind row 1"), std::string::npos) << late.last;
  const Answer declared =
      run("data_processing", first(R"({"operations":[],"columns":{"a":"f64","b":"text"}})"),
          rows + "{\"a\":0.5}", {.chunk_rows = 1});
  EXPECT_EQ(declared.all("rows"),
            R"({"a":1,"b":null},{"a":null,"b":"x"},{"a":null,"b":null},{"a":0.5,"b":null})");
  const Answer other =
      run("data_processing", first(plain_steps), "{\"a\":1}\n{\"a\":\"x\"}\n", {.chunk_rows = 1});
  EXPECT_NE(other.last.find("a is string behind row 1, and i64 before"), std::string::npos)
      << other.last;
  const Answer place =
      run("data_processing", first(plain_steps), "{\"a\":1}\n{\"a\":[1]}\n", {.chunk_rows = 1});
  EXPECT_NE(place.last.find("\"field\":\"data[1].a\""), std::string::npos) << place.last;
  const Answer full =
      run("data_processing", first(R"({"operations":[{"op":"sort","by":["a"]}]})"),
          "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", {.chunk_rows = 1, .held_bytes_max = 16});
  EXPECT_NE(full.last.find("sort needs all rows at once"), std::string::npos) << full.last;
}

TEST_F(StreamRunTest, RunsOnASmallDevice) {
  device::DeviceLimits limits;
  limits.memory_bytes_max = 1 << 20;
  limits.scratch_bytes = limits.staging_bytes = limits.chunk_bytes = 1 << 17;
  auto device = device::Device::create(device::sim::make_driver({.seed = 3}, 4 << 20), limits,
                                       system_clock());
  ASSERT_TRUE(device);
  const std::vector<std::string> rows = numbers(200'000);
  const std::string whole = plain("statistics", "{\"data\":[" + joined(rows, ',') + "]}");
  context.use_device(std::move(*device), {});
  const Answer answer =
      run("statistics", first("{}", R"({"targetDevice":"gpu","fallback":"raise"})"),
          joined(rows, '\n'), {.chunk_bytes = 8 << 20});
  EXPECT_EQ(result_of(answer.last), result_of(whole));
  const auto body = parse_json(answer.last);
  ASSERT_TRUE(body);
  for (const JsonValue& report : body->find("report")->find("ops")->items) {
    EXPECT_EQ(*report.text("backend"), "sim") << answer.last;
    EXPECT_GT(report.find("chunks")->number, 3.0)
        << "the column is larger than the device's memory";
    EXPECT_EQ(report.find("rows_in")->number, 200'000.0);
  }
}

TEST_F(StreamRunTest, CopiesTheRightMatrixOfAProductUpOnce) {
  constexpr std::size_t kRows = 300;
  device::DeviceLimits limits;
  limits.memory_bytes_max = 1 << 20;
  limits.staging_bytes = 1 << 17;
  context.use_device(*device::Device::create(device::sim::make_driver({.seed = 3}, 4 << 20), limits,
                                             system_clock()),
                     {});
  const std::shared_ptr<ops::KeptArrays> arrays =
      *ops::KeptArrays::open(*context.device(), {}, system_clock());
  context.use_kept_arrays(arrays);
  std::vector<std::string> rows;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < kRows; ++i) {
    rows.push_back("[" + std::to_string(i) + ",1]");
    expected.push_back("[" + std::to_string(i + 3) + "," + std::to_string(2 * i + 4) + "]");
  }
  const Answer answer =
      run("matrix_multiply",
          first(R"({"b":[[1,2],[3,4]]})", R"({"targetDevice":"gpu","fallback":"raise"})"),
          joined(rows, '\n'), {.chunk_rows = 1});
  ASSERT_GE(answer.chunks.size(), 8U);
  EXPECT_EQ(answer.all("data"), joined(expected, ','));
  const auto body = parse_json(answer.last);
  ASSERT_TRUE(body);
  const JsonValue& report = body->find("report")->find("ops")->items.at(0);
  const double of_b = report.find("bytes_up")->number - 2.0 * kRows * sizeof(double);
  EXPECT_GT(of_b, 0.0);
  EXPECT_LT(of_b, 256.0) << "once for all chunks, padding included";
  EXPECT_EQ(arrays->residency().residents, 0U) << "the stream is over";
}

TEST_F(StreamRunTest, NamesWhatIsWrongAndWhere) {
  struct Wrong {
    const char* name;
    const char* first;
    const char* rows;
    const char* said;
  };
  const Wrong cases[] = {
      {"matrix_multipli", "{}", "", "did you mean matrix_multiply"},
      {"matrix_inverse", "{}", "", "these take a stream: matrix_multiply"},
      {"data_processing", R"({"params":{}})", "", "\"field\":\"params.operations\""},
      {"data_processing", R"({"params":{"operations":["sort"]}})", "", "give steps"},
      {"data_processing", R"({"params":{"operations":[],"columns":{"a":"u8"}}})", "", "columns.a"},
      {"data_processing", R"({"params":{"operations":[]}})", "[1]\n", "a row must be"},
      {"hash_batch", "", "", "the first line is empty"},
      {"hash_batch", "\"YWJj\"", "", "the first line is no JSON object"},
      {"hash_batch", R"({"items":["YQ=="]})", "", "the first line has no \\\"params\\\""},
      {"hash_batch", R"({"params":[]})", "", "params must be an object"},
      {"hash_batch", R"({"params":{"algorithm":"md5"}})", "", "use one of sha256, xxh3"},
      {"hash_batch", R"({"params":{},"options":{"compare":true}})", "", "options.compare"},
      {"hash_batch", R"({"params":{}})", "\"YQ==\"\n\n*\n\"YQ==\"", "\"line\":4"},
      {"hash_batch", R"({"params":{}})", "\"YQ==\"\n7\n", "\"line\":3"},
      {"hash_batch", R"({"params":{}})", "\"YQ==\"\n\"123456789012345678901234567890\"\n",
       "line_too_long"},
      {"statistics", R"({"params":{"covariance":true}})", "", "params.covariance"},
      {"statistics", R"({"params":{"quantiles":[2]}})", "", "\"field\":\"quantiles\""},
      {"statistics", R"({"params":{"quantiles":[1]}})", "1\n2\n3\n4\n", "held_bytes_max"},
      {"statistics", R"({"params":{}})", "1\n[1,\"x\"]\n", "\"line\":3"},
      {"features", R"({"params":{"size":4}})", "", "size"},
      {"features", R"({"params":{"size":5}})", "null\n", "the line must be a number"},
      {"convolution", R"({"params":{"kernel":[]}})", "", "\"field\":\"kernel\""},
      {"fft", R"({"params":{}})", "[]\n", "\"line\":2"},
      {"signature_verify", R"({"params":{}})", "{}\n", "public_key"},
  };
  for (const Wrong& wrong : cases) {
    const Answer answer =
        run(wrong.name, wrong.first, wrong.rows, {.line_bytes_max = 24, .held_bytes_max = 24}, 5);
    EXPECT_NE(answer.last.find(wrong.said), std::string::npos) << wrong.said << ": " << answer.last;
    EXPECT_NE(answer.last.find("\"success\":false"), std::string::npos) << answer.last;
  }
}

TEST_F(StreamRunTest, AnswersTheChunksBeforeAFailure) {
  const Answer answer =
      run("hash_batch", first("{}"), "\"\"\n\"\"\n\"\"\nnope\n\"\"\n", {.chunk_rows = 2}, 3);
  EXPECT_EQ(answer.chunks.size(), 1U);
  EXPECT_NE(answer.last.find("\"line\":5"), std::string::npos) << answer.last;
}

TEST_F(StreamRunTest, ExplainsAndRunsNothing) {
  const Answer answer = run("statistics", first("{}", R"({"explain":true})"), "1\n2\n3\n");
  EXPECT_TRUE(answer.chunks.empty());
  EXPECT_NE(answer.last.find(R"("explain":[{"op":"stats.moments","mode":"cpu")"), std::string::npos)
      << answer.last;
  EXPECT_TRUE(context.op_counts().empty());
}

TEST(StreamRun, EndsAtItsDeadlineAndWhenItIsCancelled) {
  ManualClock clock(1'000'000);
  ops::Context context(ops::Workers(1), clock);
  OperationService service(context, {.running_max = 1, .stream = {.chunk_rows = 2}});
  constexpr std::string_view kFirst = R"({"params":{},"options":{"timeout_ms":50}})";
  auto late = *StreamRun::open(service, "hash_batch", kFirst, "r");
  std::string out;
  late->push("\"\"\n\"\"\n\"\"\n");
  EXPECT_TRUE(late->step(false, out));
  EXPECT_FALSE(late->step(false, out));
  EXPECT_FALSE(late->finished());
  clock.advance_us(50'000);
  late->push("\"\"\n");
  EXPECT_FALSE(late->step(false, out));
  EXPECT_TRUE(late->finished());
  EXPECT_EQ(late->code(), Code::kDeadlineExceeded);
  EXPECT_NE(out.find("\"code\":\"deadline_exceeded\""), std::string::npos) << out;

  std::atomic<bool> cancel{false};
  auto left = *StreamRun::open(service, "hash_batch", kFirst, "r", &cancel);
  left->push("\"\"\n");
  cancel = true;
  EXPECT_FALSE(left->step(false, out));
  EXPECT_EQ(left->code(), Code::kCancelled);
  EXPECT_EQ(left->held_bytes(), std::string().capacity());
}

// `weir op run --stream --rows FILE`: the parameters are not in the file.
TEST_F(StreamRunTest, CountsTheLinesOfTheRowsAloneWhereTheyComeByThemselves) {
  OperationService service(context, {.running_max = 1});
  for (const bool alone : {false, true}) {
    auto opened = StreamRun::open(service, "statistics", R"({"params":{}})", "r-1");
    ASSERT_TRUE(opened) << opened.error().to_string();
    if (alone) (*opened)->count_rows_alone();
    (*opened)->push("1\n2\n\"x\"\n");
    std::string out;
    while ((*opened)->step(true, out)) {
    }
    EXPECT_NE(out.find(alone ? "\"line\":3" : "\"line\":4"), std::string::npos) << out;
  }
}

}  // namespace
}  // namespace weir::server

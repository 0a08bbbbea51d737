// StreamRun: one streamed run of a named operation: lines in, answer lines out.
//
//   WEIR_ASSIGN(auto run, StreamRun::open(service, "hash_batch", R"({"params":{}})", id));
//   while (!run->finished()) {
//     run->push(bytes_read);
//     while (run->step(at_end, out)) write(out);
//   }
//
// In: {"params":{...},"options":{...}}, then a row a line. Out: {"chunk":0,"rows":n,"result":...}
// for each chunk, then the envelope of the plain call, its ops summed over the chunks; or the
// failure, which ends the run. Holds the line that is not complete, and what the operation holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/operations/operation.hpp"
#include "server/operations/operation_service.hpp"

namespace weir::server {

// not_found, or invalid_argument (unsupported) naming the operations that stream.
Result<const Operation*> find_streamed(std::string_view name);

class StreamRun {
 public:
  // `cancel`, if given, outlives the run. Errors: those of find_streamed, of the first line, its
  // options and parameters.
  static Result<std::unique_ptr<StreamRun>> open(OperationService& service, std::string_view name,
                                                 std::string_view first_line,
                                                 std::string_view request_id,
                                                 const std::atomic<bool>* cancel = nullptr);

  // Errors count the lines of the rows alone: the first line came from elsewhere.
  void count_rows_alone() { line_ = 0; }
  // Takes bytes of the body, to be worked on by step().
  void push(std::string_view bytes) { text_.append(bytes); }
  // Takes lines until a chunk is full and answers it, or there is no whole line left. `ended`: no
  // bytes follow, and the envelope comes after the last chunk. Appends answer lines to `out`.
  // Returns whether there is more to do with the bytes that are here.
  bool step(bool ended, std::string& out);
  // Whether the last line has been written.
  bool finished() const { return finished_; }
  // How it ended; meaningful once finished.
  Code code() const { return code_; }
  // Bytes of text and rows that it holds.
  std::size_t held_bytes() const;

 private:
  StreamRun(OperationService& service, ParamsText text, Params params, OperationOptions options,
            std::string_view request_id);

  Result<bool> take_lines(bool ended);
  Status take_line(std::string_view line);
  bool chunk_due() const;
  Status answer_chunk(bool last, std::string& out);
  Status answer_end(std::string& out);
  void plan_only(std::string& out);
  void merge_reports();
  void fail_with(const Status& status, std::string& out);

  ops::Context& context_;
  const StreamLimits limits_;
  const ParamsText params_text_;
  const std::string request_id_;
  OperationCall call_;
  std::unique_ptr<OperationStream> stream_;
  simdjson::dom::parser parser_;
  std::string text_;  // not taken yet, from begin_ on
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;  // no line ends before it
  std::uint64_t line_ = 1;    // the last one taken
  std::uint64_t chunks_ = 0;
  std::vector<ops::Report> merged_;
  bool finished_ = false;
  Code code_ = Code::kOk;
};

}  // namespace weir::server

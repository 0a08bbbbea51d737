// OutputFile: where a command writes its result, --out or the standard output.
//
//   WEIR_ASSIGN(auto out, OutputFile::open(args.text("out")));
//   out.text() += "mean,variance\n";
//   WEIR_TRY(out.flush_if_large());
//   WEIR_TRY(out.close());
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace weir::main {

class OutputFile {
 public:
  // An empty path, or "-", is the standard output.
  static Result<OutputFile> open(const std::string& path);
  OutputFile(OutputFile&& other) noexcept
      : path_(std::move(other.path_)),
        file_(std::exchange(other.file_, nullptr)),
        text_(std::move(other.text_)) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  std::string& text() { return text_; }  // what is to be written next
  Status flush_if_large() { return text_.size() < (std::size_t{1} << 20) ? Status::ok() : flush(); }
  Status close();

 private:
  OutputFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  Status flush();
  std::string path_;
  std::FILE* file_;
  std::string text_;
};

}  // namespace weir::main

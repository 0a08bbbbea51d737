// MatrixSource: rows of doubles that are read a block at a time, wherever they are.
//
//   MemorySource x(ops::MatrixView<double>(values.data(), rows, 100));
//   WEIR_ASSIGN(const auto file, FileSource::open("rows.f64", 100));   // row-major, nothing else
//   CsrSource sparse(matrix.view());                                   // compressed rows
//   WEIR_ASSIGN(const auto view, file->block(0, 4096, buffer));
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "ops/matrix/matrix_view.hpp"
#include "ops/sparse/csr.hpp"

namespace weir::model {

class MatrixSource {
 public:
  virtual ~MatrixSource() = default;
  virtual std::size_t rows() const = 0;
  virtual std::size_t cols() const = 0;
  // Returns whether block() reads into the buffer; if not it may be empty.
  virtual bool needs_buffer() const = 0;
  // Returns rows [first, first + count), which must be there: a view of own memory, or of `buffer`
  // after reading into its first count * cols() values. Errors: those of reading.
  virtual Result<ops::MatrixView<double>> block(std::size_t first, std::size_t count,
                                                std::span<double> buffer) = 0;
  // Returns all rows if they lie dense in memory, else null.
  virtual const ops::MatrixView<double>* whole() const { return nullptr; }
  // Returns the rows as compressed rows if that is what they are, else null.
  virtual const ops::CsrView* sparse() const { return nullptr; }
};

// Rows in the caller's memory; read in place.
class MemorySource final : public MatrixSource {
 public:
  explicit MemorySource(ops::MatrixView<double> view) : view_(view) {}
  std::size_t rows() const override { return view_.rows; }
  std::size_t cols() const override { return view_.cols; }
  bool needs_buffer() const override { return false; }
  const ops::MatrixView<double>* whole() const override { return &view_; }
  Result<ops::MatrixView<double>> block(std::size_t first, std::size_t count,
                                        std::span<double> buffer) override;

 private:
  ops::MatrixView<double> view_;
};

// Compressed rows in the caller's memory. A block of them is written out with its zeros.
class CsrSource final : public MatrixSource {
 public:
  explicit CsrSource(ops::CsrView view) : view_(view) {}
  std::size_t rows() const override { return view_.rows(); }
  std::size_t cols() const override { return view_.cols(); }
  bool needs_buffer() const override { return true; }
  const ops::CsrView* sparse() const override { return &view_; }
  Result<ops::MatrixView<double>> block(std::size_t first, std::size_t count,
                                        std::span<double> buffer) override;

 private:
  ops::CsrView view_;
};

// A file of little-endian f64 values, row after row.
class FileSource final : public MatrixSource {
 public:
  // Errors: those of the file; invalid_argument if its length is no multiple of a row's.
  static Result<std::unique_ptr<FileSource>> open(const std::string& path, std::size_t cols);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t rows() const override { return rows_; }
  std::size_t cols() const override { return cols_; }
  bool needs_buffer() const override { return true; }
  Result<ops::MatrixView<double>> block(std::size_t first, std::size_t count,
                                        std::span<double> buffer) override;

 private:
  FileSource(std::string path, int fd, std::size_t rows, std::size_t cols)
      : path_(std::move(path)), fd_(fd), rows_(rows), cols_(cols) {}
  std::string path_;
  int fd_;
  std::size_t rows_;
  std::size_t cols_;
};

}  // namespace weir::model

#include "model/numeric/matrix_source.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/check.hpp"
#include "storage/file_ops.hpp"

namespace weir::model {

Result<ops::MatrixView<double>> MemorySource::block(std::size_t first, std::size_t count,
                                                    std::span<double>) {
  CHECK_LE(first + count, view_.rows);
  return view_.block(first, 0, count, view_.cols);
}

Result<ops::MatrixView<double>> CsrSource::block(std::size_t first, std::size_t count,
                                                 std::span<double> buffer) {
  CHECK_LE(first + count, rows());
  CHECK_LE(count * cols(), buffer.size());
  const std::span<double> values = buffer.first(count * cols());
  std::fill(values.begin(), values.end(), 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& offsets = view_.offsets();
    for (std::size_t e = offsets[first + i]; e < offsets[first + i + 1]; ++e) {
      values[i * cols() + view_.columns()[e]] = view_.values()[e];
    }
  }
  return ops::MatrixView<double>(values.data(), count, cols());
}

Result<std::unique_ptr<FileSource>> FileSource::open(const std::string& path, std::size_t cols) {
  storage::FileOps& files = storage::system_files();
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fail(storage::system_status("open", path, fd));
  std::unique_ptr<FileSource> source(new FileSource(path, fd, 0, cols));
  const std::int64_t size = files.size(fd);
  if (size < 0) return fail(storage::system_status("size", path, size));
  const std::size_t row_bytes = cols * sizeof(double);
  if (cols == 0 || static_cast<std::uint64_t>(size) % row_bytes != 0) {
    return fail(invalid_argument("matrix_file", path + " has " + std::to_string(size) +
                                                    " bytes, no whole number of rows of " +
                                                    std::to_string(cols) + " f64 columns"));
  }
  source->rows_ = static_cast<std::uint64_t>(size) / row_bytes;
  return source;
}

FileSource::~FileSource() {
  storage::system_files().close(fd_);
}

Result<ops::MatrixView<double>> FileSource::block(std::size_t first, std::size_t count,
                                                  std::span<double> buffer) {
  CHECK_LE(first + count, rows_);
  CHECK_LE(count * cols_, buffer.size());
  const std::span<double> values = buffer.first(count * cols_);
  WEIR_TRY(
      storage::read_exactly(storage::system_files(), fd_,
                            {reinterpret_cast<std::uint8_t*>(values.data()), values.size_bytes()},
                            first * cols_ * sizeof(double), path_));
  return ops::MatrixView<double>(values.data(), count, cols_);
}

}  // namespace weir::model

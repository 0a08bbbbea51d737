// ColumnView: a column of values that somebody else owns, packed or strided, with nulls.
//
//   ColumnView price = ColumnView::packed(prices.data());                       // double[rows]
//   ColumnView time  = ColumnView::strided(&events[0].time_us, sizeof(Event));  // read in place
//   // Bit i: row i has a value.
//   price.validity = bits.data();
//
// A view is plain data: copying it copies no values, and it is valid as long as what it points to.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace weir {

// How one value lies in memory.
enum class Storage : std::uint8_t {
  kBitmap,  // bit i of word i / 64; the stride has no meaning
  kU8,
  kU16,
  kU32,
  kU64,
  kI32,
  kI64,
  kF32,
  kF64,
  kText,         // std::string_view
  kTextOffsets,  // u32 offsets[rows + 1] into `bytes`
  kTextCodes,    // u32 codes: code c is the text from offsets[c] to offsets[c + 1] in `bytes`
};

template <class T>
constexpr Storage storage_of() {
  if constexpr (std::same_as<T, float>) return Storage::kF32;
  if constexpr (std::same_as<T, double>) return Storage::kF64;
  if constexpr (std::same_as<T, std::string_view>) return Storage::kText;
  if constexpr (std::integral<T> && sizeof(T) == 1) return Storage::kU8;
  if constexpr (std::integral<T> && sizeof(T) == 2) {
    static_assert(std::is_unsigned_v<T>);
    return Storage::kU16;
  }
  if constexpr (std::integral<T> && sizeof(T) == 4)
    return std::is_signed_v<T> ? Storage::kI32 : Storage::kU32;
  if constexpr (std::integral<T> && sizeof(T) == 8)
    return std::is_signed_v<T> ? Storage::kI64 : Storage::kU64;
}

// Returns the bytes of one packed value; 0 for bitmaps.
constexpr std::size_t storage_size(Storage storage) {
  switch (storage) {
    case Storage::kBitmap:
      return 0;
    case Storage::kU8:
      return 1;
    case Storage::kU16:
      return 2;
    case Storage::kU32:
    case Storage::kI32:
    case Storage::kF32:
    case Storage::kTextOffsets:
    case Storage::kTextCodes:
      return 4;
    case Storage::kText:
      return sizeof(std::string_view);
    default:
      return 8;
  }
}

struct ColumnView {
  const void* data = nullptr;
  std::size_t stride = 0;  // bytes from one row to the next; 0: one value for all rows
  const std::uint64_t* validity =
      nullptr;  // bit i of word i / 64 set: row i has a value; null: all have
  const std::uint8_t* exponents =
      nullptr;  // decimals of a row's minor unit, where they differ by row
  std::size_t exponent_stride = 0;
  const char* bytes = nullptr;  // of kTextOffsets and kTextCodes
  Storage storage = Storage::kF64;
  bool zero_is_null = false;               // integers: 0 stands for "absent"
  const std::uint32_t* offsets = nullptr;  // of kTextCodes; null rows may have any code

  template <class T>
  static ColumnView packed(const T* first) {
    return strided(first, sizeof(T));
  }
  template <class T>
  static ColumnView strided(const T* first, std::size_t stride_bytes) {
    ColumnView view;
    view.data = first;
    view.stride = stride_bytes;
    view.storage = storage_of<T>();
    return view;
  }
  static ColumnView bitmap(const std::uint64_t* words) {
    ColumnView view;
    view.data = words;
    view.storage = Storage::kBitmap;
    return view;
  }
  static ColumnView texts(const std::uint32_t* offsets, const char* bytes) {
    ColumnView view;
    view.data = offsets;
    view.stride = sizeof(std::uint32_t);
    view.bytes = bytes;
    view.storage = Storage::kTextOffsets;
    return view;
  }
  static ColumnView codes(const std::uint32_t* codes, const std::uint32_t* offsets,
                          const char* bytes) {
    ColumnView view;
    view.data = codes;
    view.stride = sizeof(std::uint32_t);
    view.bytes = bytes;
    view.storage = Storage::kTextCodes;
    view.offsets = offsets;
    return view;
  }
  // Returns the view of the rows from `row` on, a multiple of 64.
  ColumnView from(std::size_t row) const {
    ColumnView view = *this;
    view.data =
        storage == Storage::kBitmap ? static_cast<const std::uint64_t*>(data) + row / 64 : at(row);
    if (validity != nullptr) view.validity = validity + row / 64;
    if (exponents != nullptr) view.exponents = exponents + row * exponent_stride;
    return view;
  }
  // Returns the same view with a validity bitmap.
  ColumnView with_validity(const std::uint64_t* bits) const {
    ColumnView view = *this;
    view.validity = bits;
    return view;
  }
  // Returns the same view with decimals per row (strided likewise).
  ColumnView with_exponents(const std::uint8_t* first, std::size_t stride_bytes) const {
    ColumnView view = *this;
    view.exponents = first;
    view.exponent_stride = stride_bytes;
    return view;
  }
  ColumnView zero_as_null() const {
    ColumnView view = *this;
    view.zero_is_null = true;
    return view;
  }
  const void* at(std::size_t row) const { return static_cast<const char*>(data) + row * stride; }
  bool valid(std::size_t row) const {
    return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
  }
};

}  // namespace weir

#include "model/file/model_file.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"

namespace weir::model {
namespace {

namespace json = simdjson::dom;

constexpr std::string_view kMagic = "WEIRMDL1";
constexpr std::uint16_t kMajor = 1;
constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kEntryBytes = 64;
// Offsets in the header.
constexpr std::size_t kSections = 24;
constexpr std::size_t kTable = 32;
constexpr std::size_t kSha = 48;
constexpr std::size_t kCrc = kHeaderBytes - 4;
constexpr std::uint32_t kManifest = 1;
constexpr std::uint32_t kData = 2;
constexpr std::uint32_t kMustUnderstand = 1;
constexpr std::size_t kManifestBytesMax = std::size_t{4} << 20;
constexpr std::size_t kTensorsMax = 65'536;
constexpr std::size_t kSectionsMax = 1024;
constexpr std::size_t kShapeMax = 8;

constexpr std::string_view kKinds[] = {"forest", "kernel_svm", "linear", "mlp", "gbdt", "encoder"};

std::uint64_t tensor_alignment(std::uint64_t bytes) {
  return bytes >= 4096 ? 4096 : 64;
}

// Returns the SHA-256 of a file with its own field and the header's CRC taken as zero.
Digest file_digest(Bytes bytes) {
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::copy_n(bytes.begin(), kHeaderBytes, header.begin());
  std::fill_n(header.begin() + kSha, sizeof(Digest), std::uint8_t{0});
  std::fill_n(header.begin() + kCrc, 4, std::uint8_t{0});
  Sha256 sha;
  sha.update(header);
  sha.update(bytes.subspan(kHeaderBytes));
  return sha.finish();
}

std::string manifest_text(ModelKind kind, std::string_view parameters,
                          std::span<const TensorView> tensors) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("accumulate").string("f64").key("format").string("weir.model");
  json.key("kind").string(model_kind_name(kind)).key("parameters").raw(parameters);
  json.key("tensors").begin_array();
  std::uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::uint64_t bytes = tensor.values.size_bytes();
    offset = align_up(offset, tensor_alignment(bytes));
    json.begin_object().key("bytes").u64(bytes).key("dtype").string("f64");
    json.key("name").string(tensor.name).key("offset").u64(offset).key("shape").begin_array();
    std::uint64_t count = 1;
    for (const std::uint64_t n : tensor.shape) {
      json.u64(n);
      count *= n;
    }
    CHECK_EQ(count, tensor.values.size());
    json.end_array().end_object();
    offset += bytes;
  }
  json.end_array().end_object();
  return text;
}

void write_entry(ByteWriter& out, std::uint32_t type, std::uint64_t offset, std::uint64_t bytes) {
  out.u32(type);
  out.u32(kMustUnderstand);
  out.u64(offset);
  out.u64(bytes);
  out.pad_to(kEntryBytes);
}

Status malformed(std::string message) {
  return invalid_argument("model_file", std::move(message));
}
Status damaged(std::string_view what) {
  return data_loss("model_file_damaged", std::string(what) + " does not match its checksum");
}

struct Header {
  std::uint64_t table = 0;
  std::uint32_t sections = 0;
  std::uint32_t kind = 0;
};

Result<Header> read_header(Bytes bytes) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return fail(malformed("not a Weir model file"));
  }
  ByteReader in(bytes.subspan(kMagic.size(), kHeaderBytes - kMagic.size()));
  const std::uint16_t major = in.u16();
  const std::uint16_t minor = in.u16();
  const std::uint32_t header_bytes = in.u32();
  const std::uint64_t file_bytes = in.u64();
  if (load<std::uint32_t>(bytes.data() + kCrc) != crc32c(bytes.first(kCrc))) {
    return fail(damaged("the header"));
  }
  if (major != kMajor) {
    return fail(Status(Code::kUnimplemented, "model_file_version",
                       "file format " + std::to_string(major) + "." + std::to_string(minor) +
                           ", this build reads 1.x"));
  }
  if (header_bytes != kHeaderBytes) return fail(malformed("the header's length"));
  if (file_bytes != bytes.size()) {
    return fail(data_loss("model_file_damaged", "the file has " + std::to_string(bytes.size()) +
                                                    " bytes of " + std::to_string(file_bytes)));
  }
  Header header;
  header.sections = in.u32();
  header.kind = in.u32();
  header.table = in.u64();
  const std::uint32_t table_crc = in.u32();
  if (header.sections > kSectionsMax || header.table > bytes.size() ||
      header.sections * kEntryBytes > bytes.size() - header.table) {
    return fail(malformed("the section table lies outside the file"));
  }
  if (crc32c(bytes.subspan(header.table, header.sections * kEntryBytes)) != table_crc) {
    return fail(damaged("the section table"));
  }
  const Digest digest = file_digest(bytes);
  if (std::memcmp(digest.data(), bytes.data() + kSha, digest.size()) != 0) {
    return fail(damaged("the file"));
  }
  return header;
}

struct Sections {
  Bytes manifest;
  Bytes data;
  bool has_data = false;
};

Result<Sections> read_sections(Bytes bytes, const Header& header) {
  Sections sections;
  for (std::uint32_t i = 0; i < header.sections; ++i) {
    ByteReader in(bytes.subspan(header.table + i * kEntryBytes, kEntryBytes));
    const std::uint32_t type = in.u32();
    const std::uint32_t flags = in.u32();
    const std::uint64_t offset = in.u64();
    const std::uint64_t size = in.u64();
    const std::uint32_t crc = in.u32();
    const std::string name = "section " + std::to_string(type);
    if (offset > bytes.size() || size > bytes.size() - offset) {
      return fail(malformed(name + " lies outside the file"));
    }
    const Bytes section = bytes.subspan(offset, size);
    if (crc32c(section) != crc) return fail(damaged(name));
    if (type == kManifest) {
      sections.manifest = section;
    } else if (type == kData) {
      sections.data = section;
      sections.has_data = true;
    } else if ((flags & kMustUnderstand) != 0) {
      return fail(Status(Code::kUnimplemented, "model_file_version",
                         name + " must be understood and is not; a later Weir wrote it"));
    }
  }
  if (sections.manifest.empty() || !sections.has_data) {
    return fail(malformed("the manifest or the data is missing"));
  }
  return sections;
}

}  // namespace

std::string_view model_kind_name(ModelKind kind) {
  return kKinds[static_cast<std::uint32_t>(kind) - 1];
}

std::vector<std::uint8_t> encode_model_file(ModelKind kind, std::string_view parameters,
                                            std::span<const TensorView> tensors) {
  const std::string manifest = manifest_text(kind, parameters, tensors);
  ByteWriter data;
  for (const TensorView& tensor : tensors) {
    data.pad_to(tensor_alignment(tensor.values.size_bytes()));
    data.raw(
        {reinterpret_cast<const std::uint8_t*>(tensor.values.data()), tensor.values.size_bytes()});
  }
  const std::uint64_t manifest_at = kHeaderBytes + 2 * kEntryBytes;
  const std::uint64_t data_at = align_up(manifest_at + manifest.size(), 4096);
  ByteWriter table;
  write_entry(table, kManifest, manifest_at, manifest.size());
  write_entry(table, kData, data_at, data.bytes().size());

  ByteWriter out;
  out.raw(as_bytes(kMagic));
  out.u16(kMajor);
  out.u16(0);
  out.u32(kHeaderBytes);
  out.u64(data_at + data.bytes().size());
  out.u32(2);
  out.u32(static_cast<std::uint32_t>(kind));
  out.u64(kHeaderBytes);
  out.pad_to(kHeaderBytes);
  out.raw(table.bytes());
  out.raw(as_bytes(manifest));
  out.pad_to(4096);
  out.raw(data.bytes());
  std::vector<std::uint8_t>& bytes = out.buffer();
  seal_model_file(bytes);
  return std::move(bytes);
}

void seal_model_file(std::span<std::uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes) return;
  const auto sections = load<std::uint32_t>(bytes.data() + kSections);
  const auto table = load<std::uint64_t>(bytes.data() + kTable);
  if (sections <= kSectionsMax && table >= kHeaderBytes && table <= bytes.size() &&
      sections * kEntryBytes <= bytes.size() - table) {
    for (std::uint32_t i = 0; i < sections; ++i) {
      std::uint8_t* const entry = bytes.data() + table + i * kEntryBytes;
      const auto offset = load<std::uint64_t>(entry + 8);
      const auto size = load<std::uint64_t>(entry + 16);
      if (offset > bytes.size() || size > bytes.size() - offset) continue;
      store(entry + 24, crc32c(Bytes(bytes).subspan(offset, size)));
    }
    store(bytes.data() + kTable + 8, crc32c(Bytes(bytes).subspan(table, sections * kEntryBytes)));
  }
  const Digest digest = file_digest(bytes);
  std::copy(digest.begin(), digest.end(), bytes.begin() + kSha);
  store(bytes.data() + kCrc, crc32c(Bytes(bytes).first(kCrc)));
}

Status ModelFile::read_manifest(Bytes manifest, Bytes data) {
  if (manifest.size() > kManifestBytesMax) {
    return resource_exhausted(
        "model_file_limit",
        "the manifest has " + std::to_string(manifest.size()) + " bytes, 4,194,304 are allowed");
  }
  json::parser parser;
  json::element root;
  const simdjson::padded_string text(reinterpret_cast<const char*>(manifest.data()),
                                     manifest.size());
  if (parser.parse(text).get(root) != simdjson::SUCCESS) {
    return malformed("the manifest is not JSON");
  }
  std::string_view kind;
  json::object parameters;
  json::array tensors;
  if (root["kind"].get(kind) != simdjson::SUCCESS || kind != model_kind_name(kind_) ||
      root["parameters"].get(parameters) != simdjson::SUCCESS ||
      root["tensors"].get(tensors) != simdjson::SUCCESS) {
    return malformed("the manifest lacks kind, parameters or tensors, or names another kind");
  }
  parameters_ = simdjson::minify(parameters);
  if (tensors.size() > kTensorsMax) {
    return resource_exhausted("model_file_limit",
                              std::to_string(tensors.size()) + " tensors, 65,536 are allowed");
  }
  for (const json::element item : tensors) {
    std::string_view name;
    std::string_view dtype;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    json::array dims;
    if (item["name"].get(name) != simdjson::SUCCESS ||
        item["dtype"].get(dtype) != simdjson::SUCCESS ||
        item["offset"].get(offset) != simdjson::SUCCESS ||
        item["bytes"].get(bytes) != simdjson::SUCCESS ||
        item["shape"].get(dims) != simdjson::SUCCESS || dims.size() > kShapeMax) {
      return malformed("a tensor lacks name, dtype, offset, bytes or shape");
    }
    Tensor tensor{.name = std::string(name), .shape = {}, .values = {}};
    std::uint64_t count = 1;
    for (const json::element dim : dims) {
      std::uint64_t n = 0;
      if (dim.get(n) != simdjson::SUCCESS || (n != 0 && count > data.size() / n)) {
        return malformed("tensor " + tensor.name + ": its shape does not fit the data");
      }
      tensor.shape.push_back(n);
      count *= n;
    }
    if (dtype != "f64" || find(name) != nullptr || bytes != count * sizeof(double) ||
        offset > data.size() || bytes > data.size() - offset) {
      return malformed("tensor " + tensor.name +
                       ": not f64, there twice, or its bytes lie outside the data");
    }
    tensor.values.resize(count);
    if (bytes != 0) std::memcpy(tensor.values.data(), data.data() + offset, bytes);
    tensors_.push_back(std::move(tensor));
  }
  return Status::ok();
}

Result<ModelFile> ModelFile::parse(Bytes bytes) {
  WEIR_ASSIGN(const Header header, read_header(bytes));
  if (header.kind == 0 || header.kind > std::size(kKinds)) {
    return fail(malformed("kind " + std::to_string(header.kind) + " is unknown"));
  }
  WEIR_ASSIGN(const Sections sections, read_sections(bytes, header));
  ModelFile file;
  file.kind_ = static_cast<ModelKind>(header.kind);
  WEIR_TRY(file.read_manifest(sections.manifest, sections.data));
  return file;
}

const ModelFile::Tensor* ModelFile::find(std::string_view name) const {
  const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                  [&](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors_.end() ? nullptr : &*found;
}

const std::vector<std::uint64_t>* ModelFile::shape(std::string_view name) const {
  const Tensor* tensor = find(name);
  return tensor == nullptr ? nullptr : &tensor->shape;
}

Result<std::vector<double>> ModelFile::tensor(std::string_view name,
                                              const std::vector<std::uint64_t>& shape) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) {
    return fail(invalid_argument("model_tensor", "no tensor " + std::string(name)));
  }
  if (tensor->shape != shape) {
    return fail(invalid_argument(
        "model_tensor", "tensor " + std::string(name) + " does not have the shape of its model"));
  }
  return tensor->values;
}

}  // namespace weir::model

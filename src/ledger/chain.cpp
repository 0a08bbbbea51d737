#include "ledger/chain.hpp"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <vector>

#include "base/json.hpp"
#include "storage/file_ops.hpp"

namespace weir::ledger {
namespace {

constexpr std::size_t kGenesisBytesMax = 4096;

std::string genesis_path(const std::string& dir) {
  return dir + "/genesis.json";
}

// Returns the text between `before` and `after`, or nothing.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(after, begin + before.size());
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(begin + before.size(), end - begin - before.size());
}

template <class T>
bool parse_number(std::optional<std::string_view> text, T& value) {
  if (!text) return false;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size();
}

std::optional<BlockFault> fault(std::size_t offset, std::string message) {
  return BlockFault{offset, std::string(header_field(offset)), std::move(message)};
}

Status write_genesis(const std::string& dir, const Genesis& genesis) {
  storage::FileOps& files = storage::system_files();
  const std::string path = genesis_path(dir);
  const std::string fresh = path + ".new";
  const int fd = files.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return errno_status("create", fresh, -fd);
  Status status = storage::write_all(files, fd, as_bytes(genesis.to_json()), 0, fresh);
  const int synced = status ? files.fdatasync(fd) : 0;
  files.close(fd);
  if (!status) return status;
  if (synced < 0) return errno_status("sync", fresh, -synced);
  if (const int rc = files.rename(fresh, path); rc < 0) return errno_status("rename", fresh, -rc);
  if (const int rc = files.sync_directory(dir); rc < 0) return errno_status("sync", dir, -rc);
  return Status::ok();
}

}  // namespace

std::string Genesis::to_json() const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("format").u64(1).key("chain_id").u64_string(chain_id);
  json.key("created_us").i64_string(created_us).key("config_hash").string(to_hex(config_hash));
  json.end_object();
  return text + "\n";
}

Result<Genesis> Genesis::parse(std::string_view json) {
  Genesis genesis;
  const auto hash = between(json, "\"config_hash\":\"", "\"");
  const bool read = parse_number(between(json, "\"chain_id\":\"", "\""), genesis.chain_id) &&
                    parse_number(between(json, "\"created_us\":\"", "\""), genesis.created_us) &&
                    hash && from_hex(*hash, genesis.config_hash);
  if (!read || genesis.to_json() != json) {
    return fail(data_loss("genesis_damaged", "genesis.json is not as it was written"));
  }
  return genesis;
}

Result<Genesis> read_genesis(const std::string& dir) {
  storage::FileOps& files = storage::system_files();
  const std::string path = genesis_path(dir);
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd == -ENOENT)
    return fail(not_found("genesis_missing", path + " does not exist")
                    .hint("name a data directory of weir run, import or serve"));
  if (fd < 0) return fail(errno_status("open", path, -fd));
  const std::int64_t size = files.size(fd);
  Status status = size < 0 ? errno_status("stat", path, static_cast<int>(-size)) : Status::ok();
  std::vector<std::uint8_t> text(
      size < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(size), kGenesisBytesMax));
  if (status) status = storage::read_exactly(files, fd, text, 0, path);
  files.close(fd);
  if (!status) return fail(std::move(status));
  return Genesis::parse({reinterpret_cast<const char*>(text.data()), text.size()});
}

Result<Genesis> load_genesis(const std::string& dir, const Genesis& fresh) {
  Result<Genesis> found = read_genesis(dir);
  if (found || found.error().code() != Code::kNotFound) return found;
  WEIR_TRY(write_genesis(dir, fresh));
  return fresh;
}

std::optional<BlockFault> ChainChecker::check(const BlockHeader& header) const {
  if (header.chain_id != chain_id_) {
    return fault(offsetof(BlockHeader, chain_id),
                 "another chain: " + std::to_string(header.chain_id));
  }
  if (header.durable_height >= header.height) {
    return fault(offsetof(BlockHeader, durable_height),
                 "a block cannot be durable before it is written");
  }
  if (header.height != next_height_) {
    return fault(offsetof(BlockHeader, height), "is " + std::to_string(header.height) +
                                                    ", expected " + std::to_string(next_height_));
  }
  if (header.parent_hash != head_hash_) {
    return fault(offsetof(BlockHeader, parent_hash), "does not name the block before");
  }
  if (header.first_seq != next_seq_) {
    return fault(offsetof(BlockHeader, first_seq), "is " + std::to_string(header.first_seq) +
                                                       ", expected " + std::to_string(next_seq_));
  }
  if (header.epoch < epoch_) return fault(offsetof(BlockHeader, epoch), "falls");
  return std::nullopt;
}

void ChainChecker::advance(const BlockHeader& header) {
  next_height_ = header.height + 1;
  next_seq_ = header.first_seq + header.count;
  head_hash_ = block_hash(header);
  epoch_ = header.epoch;
}

}  // namespace weir::ledger

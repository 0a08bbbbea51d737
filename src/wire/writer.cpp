#include "wire/writer.hpp"

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "base/time_text.hpp"
#include "wire/csv/mapping.hpp"
#include "wire/iso_code.hpp"
#include "wire/text_id.hpp"

namespace weir::wire {
namespace {

constexpr EventKey kNoKey{};

std::string_view side_text(Bytes side, SideTag tag) {
  const Bytes bytes = find_side(side, tag);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes side_of(const EventBatch& batch, const Event& event) {
  return Bytes(batch.side).subspan(event.side_len == 0 ? 0 : event.side_off, event.side_len);
}

// The texts of one event's small fields, whether they have numbers yet or not.
struct SmallTexts {
  std::string channel;
  std::string category;
  std::string currency;
};

// Finds the texts of a batch's events, row after row.
class Texts {
 public:
  Texts(const EventBatch& batch, const Dictionary* dictionary)
      : batch_(batch), dictionary_(dictionary) {}

  std::string party(std::uint64_t word) const {
    const EntityId id{word};
    if (id.tag() == EntityId::kPending) return std::string(batch_.text(id.value()));
    if (id.tag() == EntityId::kInterned) {
      if (dictionary_ != nullptr) {
        const std::string_view text =
            dictionary_->text(static_cast<std::uint8_t>(id.kind()), id.value());
        if (!text.empty()) return std::string(text);
      }
      return std::to_string(id.value());
    }
    if (!id.present()) return {};
    if (id.kind() != EntityKind::kIp || id.value() > 0xFFFFFFFFU) return std::to_string(id.value());
    std::string dotted;
    for (unsigned part = 0; part < 4; ++part) {
      if (part != 0) dotted += '.';
      dotted += std::to_string(id.value() >> (24 - 8 * part) & 255);
    }
    return dotted;
  }

  // Rows must be asked for in ascending order.
  SmallTexts small(std::uint32_t row, const Event& event) {
    SmallTexts texts;
    if (event.channel != 0) texts.channel = number(Namespace::kChannel, event.channel);
    if (event.category >= kCategoryTextFirst) {
      texts.category = number(Namespace::kCategory, event.category - kCategoryTextFirst + 1);
    } else if (event.category != 0) {
      texts.category = std::to_string(event.category);
    }
    if (event.currency >= kAssetFirst) {
      texts.currency = number(Namespace::kAsset, event.currency - kAssetFirst + 1U);
    } else if (const Currency* known = find_currency(event.currency)) {
      texts.currency = known->code;
    }
    for (; patch_ < batch_.patches.size() && batch_.patches[patch_].row <= row; ++patch_) {
      const PendingPatch& patch = batch_.patches[patch_];
      if (patch.row != row) continue;
      std::string& text = patch.field == PendingField::kChannel    ? texts.channel
                          : patch.field == PendingField::kCategory ? texts.category
                                                                   : texts.currency;
      text = batch_.text(patch.text);
    }
    return texts;
  }

 private:
  std::string number(Namespace space, std::uint64_t value) const {
    if (dictionary_ != nullptr) {
      const std::string_view text = dictionary_->text(static_cast<std::uint8_t>(space), value);
      if (!text.empty()) return std::string(text);
    }
    return std::to_string(value);
  }

  const EventBatch& batch_;
  const Dictionary* dictionary_;
  std::size_t patch_ = 0;
};

std::string key_text(const EventKey& key) {
  Event event{};
  event.id = key;
  return event_id_text(event, {});
}

void append_csv(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvEventWriter final : public EventWriter {
 public:
  explicit CsvEventWriter(const EventWriterOptions& options) : options_(options) {}

  void begin(std::string& out) override {
    out += "id,time,type,amount,currency,fee,nonce,";
    out += options_.debtor == EntityKind::kCustomer ? "customer_id," : "debtor,";
    out += options_.creditor == EntityKind::kTerminal ? "terminal_id," : "creditor,";
    out += "merchant,device,card,ip,channel,category,debtor_country,creditor_country,is_fraud\n";
  }

  Status write(const EventBatch& batch, std::string& out) override {
    Texts texts(batch, options_.dictionary);
    std::size_t label = 0;
    for (std::uint32_t row = 0; row < batch.size(); ++row) {
      const Event& event = batch.events[row];
      append_csv(out, event_id_text(event, side_of(batch, event)));
      out += ',';
      out += format_time(event.time_us);
      out += ',';
      out += event_type_name(event.event_type());
      out += ',';
      out += format_decimal(event.amount, event.exponent);
      const SmallTexts small = texts.small(row, event);
      cell(out, small.currency);
      cell(out, event.fee == 0 ? "" : format_decimal(event.fee, event.exponent));
      cell(out, event.nonce == 0 ? "" : std::to_string(event.nonce));
      cell(out, party(texts, event.debtor, debtor_kind()));
      cell(out, party(texts, event.creditor, creditor_kind()));
      cell(out, party(texts, event.merchant, EntityKind::kMerchant));
      cell(out, party(texts, event.device, EntityKind::kDevice));
      cell(out, party(texts, event.instrument, EntityKind::kCard));
      cell(out, party(texts, event.ip, EntityKind::kIp));
      cell(out, small.channel);
      cell(out, small.category);
      cell(out, country_code(event.country[0]));
      cell(out, country_code(event.country[1]));
      while (label < batch.labels.size() && batch.labels[label].row < row) ++label;
      const bool labelled = label < batch.labels.size() && batch.labels[label].row == row;
      cell(out, !labelled ? "" : batch.labels[label].fraud ? "1" : "0");
      out += '\n';
    }
    return Status::ok();
  }

 private:
  static void cell(std::string& out, std::string_view text) {
    out += ',';
    append_csv(out, text);
  }
  EntityKind debtor_kind() const {
    return options_.debtor == EntityKind::kCustomer ? EntityKind::kCustomer : EntityKind::kAccount;
  }
  EntityKind creditor_kind() const {
    return options_.creditor == EntityKind::kTerminal ? EntityKind::kTerminal
                                                      : EntityKind::kAccount;
  }
  static std::string party(const Texts& texts, std::uint64_t word, EntityKind kind) {
    const EntityId id{word};
    if (!id.present() || id.kind() == kind) return texts.party(word);
    return entity_kind_name(id.kind()) + "/" + texts.party(word);
  }

  EventWriterOptions options_;
};

class NdjsonEventWriter final : public EventWriter {
 public:
  explicit NdjsonEventWriter(const EventWriterOptions& options) : options_(options) {}

  void begin(std::string&) override {}

  Status write(const EventBatch& batch, std::string& out) override {
    Texts texts(batch, options_.dictionary);
    for (std::uint32_t row = 0; row < batch.size(); ++row) {
      JsonWriter json(out);
      json.begin_object();
      write_event(batch, row, texts, json);
      json.end_object();
      out += '\n';
    }
    return Status::ok();
  }

 private:
  static void write_event(const EventBatch& batch, std::uint32_t row, Texts& texts,
                          JsonWriter& json) {
    const Event& event = batch.events[row];
    const Bytes side = side_of(batch, event);
    const SmallTexts small = texts.small(row, event);
    json.key("id").string(event_id_text(event, side));
    json.key("time").string(format_time(event.time_us));
    json.key("type").string(event_type_name(event.event_type()));
    json.key("amount").raw(format_decimal(event.amount, event.exponent));
    optional(json, "currency", small.currency);
    const Currency* usual = find_currency(event.currency);
    if (event.exponent != (usual == nullptr ? 2 : usual->exponent)) {
      json.key("exponent").u64(event.exponent);
    }
    if (event.fee != 0) json.key("fee").raw(format_decimal(event.fee, event.exponent));
    if (event.nonce != 0) json.key("nonce").u64(event.nonce);
    party(json, "debtor", texts, event.debtor, side_text(side, SideTag::kDebtorName),
          event.country[0]);
    party(json, "creditor", texts, event.creditor, side_text(side, SideTag::kCreditorName),
          event.country[1]);
    optional(json, "merchant", texts.party(event.merchant));
    optional(json, "card", texts.party(event.instrument));
    optional(json, "device", texts.party(event.device));
    optional(json, "ip", texts.party(event.ip));
    optional(json, "channel", small.channel);
    optional(json, "category", small.category);
    optional(json, "memo", side_text(side, SideTag::kMemo));
    optional(json, "uetr", side_text(side, SideTag::kUetr));
    if (event.ref != kNoKey) json.key("ref").string(key_text(event.ref));
    const unsigned flags = event.flags & ~unsigned{kTextId};
    if (flags != 0) json.key("flags").u64(flags);
    const std::string_view attrs = side_text(side, SideTag::kAttrs);
    if (!attrs.empty()) json.key("attrs").raw(attrs);
  }

  static void optional(JsonWriter& json, std::string_view name, std::string_view text) {
    if (!text.empty()) json.key(name).string(text);
  }
  static void party(JsonWriter& json, std::string_view name, const Texts& texts, std::uint64_t word,
                    std::string_view person, std::uint16_t country) {
    const EntityId id{word};
    if (!id.present()) return;
    const std::string text = texts.party(word);
    json.key(name).begin_object();
    if (id.kind() == EntityKind::kAccount) {
      json.key("account").string(text);
    } else {
      json.key("id").string(text);
      if (id.kind() != EntityKind::kCustomer) json.key("kind").string(entity_kind_name(id.kind()));
    }
    optional(json, "name", person);
    optional(json, "country", country_code(country));
    json.end_object();
  }

  EventWriterOptions options_;
};

class FrameEventWriter final : public EventWriter {
 public:
  explicit FrameEventWriter(const EventWriterOptions& options)
      : frames_({.codec = options.codec}), producer_id_(options.producer_id) {}

  void begin(std::string&) override {}

  Status write(const EventBatch& batch, std::string& out) override {
    if (!batch.texts.empty()) {
      return failed_precondition("text_pending", "a frame holds numbers, not texts");
    }
    if (batch.events.empty()) return Status::ok();
    bytes_.clear();
    const FrameAddress address{.producer_id = producer_id_, .producer_seq = ++producer_seq_};
    WEIR_TRY(frames_.events(batch.events, batch.side, address, bytes_));
    out.append(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    return Status::ok();
  }

 private:
  FrameWriter frames_;
  std::uint64_t producer_id_;
  std::uint64_t producer_seq_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

Result<EventFormat> parse_event_format(std::string_view name) {
  if (name == "csv") return EventFormat::kCsv;
  if (name == "ndjson") return EventFormat::kNdjson;
  if (name == "frames") return EventFormat::kFrames;
  return fail(invalid_argument("format_unknown", "no event format \"" + std::string(name) + "\"")
                  .hint("use csv, ndjson or frames"));
}

std::unique_ptr<EventWriter> make_event_writer(EventFormat format,
                                               const EventWriterOptions& options) {
  switch (format) {
    case EventFormat::kCsv:
      return std::make_unique<CsvEventWriter>(options);
    case EventFormat::kNdjson:
      return std::make_unique<NdjsonEventWriter>(options);
    case EventFormat::kFrames:
      return std::make_unique<FrameEventWriter>(options);
  }
  return nullptr;
}

}  // namespace weir::wire

#include "wire/text_id.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/check.hpp"
#include "wire/iso_code.hpp"

namespace weir::wire {
namespace {

constexpr std::uint8_t kAssetExponent = 8;

constexpr std::array<std::uint64_t Event::*, 6> kEntityFields = {
    &Event::debtor, &Event::creditor,   &Event::merchant,
    &Event::device, &Event::instrument, &Event::ip};

std::uint8_t space_of(Namespace space) {
  return static_cast<std::uint8_t>(space);
}

// Puts the dictionary's number into the field that waited for it.
void apply_patch(Event& event, PendingField field, std::uint64_t number) {
  switch (field) {
    case PendingField::kChannel:
      event.channel = static_cast<std::uint16_t>(number);
      return;
    case PendingField::kCategory:
      event.category = static_cast<std::uint32_t>(kCategoryTextFirst + number - 1);
      return;
    case PendingField::kCurrency:
      event.currency = static_cast<std::uint16_t>(kAssetFirst + number - 1);
      return;
  }
}

}  // namespace

Masking::Masking(Bytes key, std::span<const EntityKind> kinds) : key_(key.begin(), key.end()) {
  for (const EntityKind kind : kinds) kinds_ |= std::uint64_t{1} << static_cast<unsigned>(kind);
}

std::string Masking::mask(std::string_view text) const {
  std::array<std::uint8_t, 32> code{};
  unsigned size = 0;
  const Bytes bytes = as_bytes(text);
  CHECK(HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes.data(), bytes.size(),
             code.data(), &size) != nullptr);
  return to_hex(code);
}

bool parse_ipv4(std::string_view text, bool padded, std::uint32_t& address) {
  std::uint32_t value = 0;
  std::size_t at = 0;
  for (unsigned octet = 0; octet < 4; ++octet) {
    if (octet != 0 && (at == text.size() || text[at++] != '.')) return false;
    unsigned number = 0;
    const std::size_t begin = at;
    while (at < text.size() && at - begin < 4 && text[at] >= '0' && text[at] <= '9')
      number = number * 10 + static_cast<unsigned>(text[at++] - '0');
    const std::size_t digits = at - begin;
    if (digits == 0 || digits > 3 || number > 255) return false;
    if (!padded && digits > 1 && text[begin] == '0') return false;
    value = value << 8 | number;
  }
  if (at != text.size()) return false;
  address = value;
  return true;
}

bool TextIds::entity(EventBatch& batch, EntityKind kind, std::string_view text,
                     std::uint64_t& word) const {
  word = 0;
  if (text.empty()) return true;
  if (text.size() > kDictionaryTextMax) return false;
  std::string masked;
  if (masking_ != nullptr && masking_->masks(kind)) {
    masked = masking_->mask(text);
    text = masked;
  } else {
    std::uint64_t number = 0;
    std::uint32_t address = 0;
    if (canonical_number(text, number)) {
      word = EntityId::number(kind, number).word;
      return true;
    }
    if (kind == EntityKind::kIp && parse_ipv4(text, false, address)) {
      word = EntityId::number(kind, address).word;
      return true;
    }
  }
  const std::uint64_t known =
      dictionary_ == nullptr ? 0 : dictionary_->find(static_cast<std::uint8_t>(kind), text);
  word = known != 0 ? EntityId::interned(kind, known).word : batch.pending(kind, text);
  return true;
}

bool TextIds::channel(EventBatch& batch, Event& event, std::uint32_t row,
                      std::string_view text) const {
  if (text.size() > kDictionaryTextMax) return false;
  if (text.empty()) return true;
  const std::uint64_t known =
      dictionary_ == nullptr ? 0 : dictionary_->find(space_of(Namespace::kChannel), text);
  if (known != 0)
    apply_patch(event, PendingField::kChannel, known);
  else
    batch.patch(row, PendingField::kChannel, text);
  return true;
}

bool TextIds::category(EventBatch& batch, Event& event, std::uint32_t row,
                       std::string_view text) const {
  if (text.size() > kDictionaryTextMax) return false;
  if (text.empty()) return true;
  std::uint64_t number = 0;
  if (canonical_number(text, number) && number < kCategoryTextFirst) {
    event.category = static_cast<std::uint32_t>(number);
    return true;
  }
  const std::uint64_t known =
      dictionary_ == nullptr ? 0 : dictionary_->find(space_of(Namespace::kCategory), text);
  if (known != 0)
    apply_patch(event, PendingField::kCategory, known);
  else
    batch.patch(row, PendingField::kCategory, text);
  return true;
}

bool TextIds::currency(EventBatch& batch, Event& event, std::uint32_t row,
                       std::string_view text) const {
  if (text.size() > kDictionaryTextMax) return false;
  std::uint64_t number = 0;
  const Currency* currency = find_currency(text);
  // ISO numbers are written with three digits: "036".
  if (currency == nullptr && text.size() == 3) {
    const std::string_view digits =
        text.substr(std::min<std::size_t>(text.find_first_not_of('0'), 2));
    if (canonical_number(digits, number))
      currency = find_currency(static_cast<std::uint16_t>(number));
  }
  if (currency != nullptr) {
    event.currency = currency->number;
    event.exponent = currency->exponent;
    return true;
  }
  event.currency = kUnknownCurrency;
  event.exponent = text.empty() ? 2 : kAssetExponent;
  if (text.empty()) return true;
  const std::uint64_t known =
      dictionary_ == nullptr ? 0 : dictionary_->find(space_of(Namespace::kAsset), text);
  if (known != 0)
    apply_patch(event, PendingField::kCurrency, known);
  else
    batch.patch(row, PendingField::kCurrency, text);
  return true;
}

std::uint64_t TextResolver::number_of(const EventBatch& batch, std::size_t text,
                                      Dictionary& dictionary, std::uint16_t& refusal) {
  CHECK_LT(text, batch.texts.size());
  if (numbers_[text] != 0) return numbers_[text];
  const auto added = dictionary.add(batch.texts[text].space, batch.text(text));
  if (!added) {
    refusal = static_cast<std::uint16_t>(added.error().code() == Code::kResourceExhausted
                                             ? Refusal::kDictionaryFull
                                             : Refusal::kEncoding);
    return 0;
  }
  return numbers_[text] = *added;
}

void TextResolver::resolve(EventBatch& batch, Dictionary& dictionary,
                           std::span<std::uint16_t> refusals) {
  CHECK_EQ(refusals.size(), batch.size());
  if (batch.texts.empty()) return;
  numbers_.assign(batch.texts.size(), 0);
  std::size_t patch = 0;
  for (std::uint32_t row = 0; row < batch.size(); ++row) {
    Event& event = batch.events[row];
    const bool skipped = refusals[row] != 0;
    for (const auto field : kEntityFields) {
      const EntityId id{event.*field};
      if (skipped || id.tag() != EntityId::kPending) continue;
      const std::uint64_t number = number_of(batch, id.value(), dictionary, refusals[row]);
      if (number != 0) event.*field = EntityId::interned(id.kind(), number).word;
    }
    for (; patch < batch.patches.size() && batch.patches[patch].row == row; ++patch) {
      if (skipped) continue;
      const PendingPatch& wanted = batch.patches[patch];
      const std::uint64_t number = number_of(batch, wanted.text, dictionary, refusals[row]);
      if (number != 0) apply_patch(event, wanted.field, number);
    }
  }
  CHECK_EQ(patch, batch.patches.size());
}

void check_interned(std::span<const Event> events, const Dictionary& dictionary,
                    std::span<std::uint16_t> refusals) {
  CHECK_EQ(refusals.size(), events.size());
  std::array<std::uint64_t, kNamespaces> counts;
  for (unsigned space = 0; space < kNamespaces; ++space) {
    counts[space] = dictionary.count(static_cast<std::uint8_t>(space));
  }
  const std::uint64_t categories = kCategoryTextFirst + counts[space_of(Namespace::kCategory)];
  for (std::size_t row = 0; row < events.size(); ++row) {
    if (refusals[row] != 0) continue;
    const Event& event = events[row];
    bool unknown = false;
    for (const auto field : kEntityFields) {
      const EntityId id{event.*field};
      unknown |= id.tag() == EntityId::kInterned &&
                 id.value() > counts[static_cast<std::size_t>(id.kind())];
    }
    if (unknown) {
      refusals[row] = static_cast<std::uint16_t>(Refusal::kPartyMissing);
    } else if (event.category >= categories) {
      refusals[row] = static_cast<std::uint16_t>(Refusal::kFieldMissing);
    }
  }
}

std::string entity_text(EntityId id, const Dictionary& dictionary) {
  if (id.tag() == EntityId::kInterned)
    return std::string(dictionary.text(static_cast<std::uint8_t>(id.kind()), id.value()));
  if (id.tag() != EntityId::kNumber) return {};
  const std::uint64_t value = id.value();
  if (id.kind() != EntityKind::kIp || value > 0xFFFFFFFFU) return std::to_string(value);
  std::string text;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    if (!text.empty()) text += '.';
    text += std::to_string(value >> shift & 255);
  }
  return text;
}

}  // namespace weir::wire

// Every refusal as a client meets it: over HTTP, from a real server with a real log.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <set>

#include "base/time_text.hpp"
#include "gate/testing/small_gate.hpp"
#include "main/service/live_server.hpp"
#include "server/testing/test_client.hpp"
#include "wire/frame.hpp"

namespace weir::main {
namespace {

namespace fs = std::filesystem;
using server::Reply;
using server::TestClient;
using wire::Refusal;

// One event that is refused, as JSON; members without one are those of a good event.
struct Case {
  Refusal refusal;
  unsigned status;  // where the event stands alone
  std::string field;
  std::string members;  // instead of amount and time
  std::string parties = R"("debtor":"1","creditor":"2")";
  std::string id{};  // default: the refusal's name
};

constexpr const char* kTime = R"("time":"2026-01-05T00:00:00Z")";

std::string with_amount(const std::string& amount) {
  return std::string(kTime) + R"(,"currency":"USD","amount":)" + amount;
}
std::string with_time(const std::string& time) {
  return R"("amount":1,"time":")" + time + "\"";
}

std::vector<Case> cases() {
  const std::string good = with_amount("1");
  const std::string soon = format_time(system_clock().wall_us() + 3'600'000'000);
  return {
      {Refusal::kRecordIdZero, 400, "id", good, R"("debtor":"1")",
       "00000000-0000-0000-0000-000000000000"},
      {Refusal::kPartyMissing, 400, "debtor", good, R"("channel":"web")"},
      {Refusal::kAmountNegative, 400, "amount", with_amount("-0.01")},
      {Refusal::kAmountPrecision, 400, "amount", with_amount("1.234")},
      {Refusal::kAmountRange, 400, "amount", with_amount("99999999999999999999")},
      {Refusal::kTimeRange, 400, "time", with_time("2300-01-01T00:00:00Z")},
      {Refusal::kFutureTime, 400, "time", with_time(soon)},
      {Refusal::kTypeUnknown, 400, "type", good + R"(,"type":"gift")"},
      {Refusal::kFlagUnknown, 400, "flags", good + R"(,"flags":"sideways")"},
      {Refusal::kSideBounds, 400, "side", good + R"(,"memo":")" + std::string(5000, 'm') + "\""},
      {Refusal::kCurrencyUnknown, 400, "currency",
       std::string(kTime) + R"(,"amount":1,"currency":"")"},
      {Refusal::kIdConflict, 409, "id", with_amount("2"), R"("debtor":"1")", "taken"},
      {Refusal::kDictionaryFull, 429, "", good, R"("debtor":"one name too many")"},
      {Refusal::kLineTooLong, 413, "",
       good + R"(,"memo":")" + std::string(std::size_t{1} << 20, 'm') + "\""},
      {Refusal::kEncoding, 400, "", good + ",\"memo\":\"\xff\""},
      {Refusal::kFieldMissing, 400, "time", R"("amount":1)"},
      {Refusal::kNumberFormat, 400, "amount", with_amount(R"("12,3,4")")},
      {Refusal::kDateFormat, 400, "time", with_time("yesterday")},
      {Refusal::kJsonShape, 400, "memo", good + R"(,"memo":["a"],"memo":1)"},
  };
}

std::string text_of(const Case& one) {
  const std::string id = one.id.empty() ? std::string(wire::refusal_name(one.refusal)) : one.id;
  return R"({"id":")" + id + R"(",)" + one.members + "," + one.parties + "}";
}
std::string good_event(const std::string& id, int amount = 1) {
  return R"({"id":")" + id + R"(",)" + with_amount(std::to_string(amount)) + R"(,"debtor":"1"})";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}
std::string reason(Refusal refusal) {
  return R"("reason":")" + std::string(wire::refusal_name(refusal)) + "\"";
}

// The whole form of an error: a code that fits the status, a message, the reason.
void expect_error(const Reply& reply, Refusal refusal) {
  const std::string code = reply.status == 409   ? "already_exists"
                           : reply.status == 413 ? "out_of_range"
                           : reply.status == 429 ? "resource_exhausted"
                                                 : "invalid_argument";
  const std::string head =
      R"({"error":{"code":")" + code + "\"," + reason(refusal) + R"(,"message":")";
  ASSERT_TRUE(reply.body.starts_with(head)) << reply.body;
  EXPECT_NE(reply.body[head.size()], '"') << reply.body;
  EXPECT_TRUE(has(reply.body, R"(","details":{)")) << reply.body;
}

class RefusalsTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_refusals_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
    LiveServerSettings settings;
    settings.config = std::make_shared<const Config>();
    settings.http = "127.0.0.1:0";
    settings.native = "127.0.0.1:0";
    settings.rules = "rule large: hold if amount > 1000\n";
    gate::GateOptions& gate = settings.gate = gate::small_gate(dir_);
    gate.queue_bytes = 1;                 // one submission may wait, whatever its size
    gate.pass.learn.fit_events = 10'240;  // the least that calibrates
    gate.pass.learn.trees = 10;
    gate.pass.dictionary_max = 1;
    auto server = LiveServer::start(std::move(settings));
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = std::move(*server);
    key_ = "x-api-key: " + *server_->make_key("test", server::Role::kAnalyst) + "\r\n";
    client_ = std::make_unique<TestClient>(server_->port());
    ASSERT_EQ(post(good_event("taken")).status, 200U);
    ASSERT_EQ(post(R"({"id":"named",)" + with_amount("1") + R"(,"debtor":"the only name"})").status,
              200U);
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(dir_);
  }

  Reply post(const std::string& body, const std::string& headers = {}) {
    return client_->request("POST", "/v1/decisions", key_ + headers, body);
  }
  Reply upload(const std::string& body, const std::string& type) {
    return client_->request("POST", "/v1/events", key_ + "content-type: " + type + "\r\n", body);
  }
  Reply upload(const std::vector<std::uint8_t>& frame) {
    return upload(std::string(frame.begin(), frame.end()), "application/x-weir");
  }

  std::string dir_;
  std::unique_ptr<LiveServer> server_;
  std::string key_;
  std::unique_ptr<TestClient> client_;
};

// Refusals that no event in JSON can meet, and where they are met instead.
const std::set<Refusal> kElsewhere = {
    Refusal::kFrameVersion,      // FramesAreRefusedByTheirField
    Refusal::kFrameSize,         // the same
    Refusal::kFrameChecksum,     // the same
    Refusal::kFrameTag,          // needs a key: native_key_test
    Refusal::kSequenceGap,       // NumberedFramesAreRefusedOnTheirOwnPort
    Refusal::kQueueFull,         // AFullQueueIs429
    Refusal::kDateAmbiguous,     // CsvIsRefusedByItsHeaderAndDates
    Refusal::kHeaderUnknown,     // the same
    Refusal::kXmlForbidden,      // not to be met: nothing reads XML
    Refusal::kAlreadyCommitted,  // NumberedFramesAreRefusedOnTheirOwnPort
};

TEST_F(RefusalsTest, EveryRefusalIsCoveredOnce) {
  std::set<Refusal> covered = kElsewhere;
  for (const Case& one : cases()) EXPECT_TRUE(covered.insert(one.refusal).second);
  EXPECT_EQ(covered.size(), wire::kRefusals);
}

TEST_F(RefusalsTest, AnEventAloneIsRefusedWithItsStatusReasonAndField) {
  for (const Case& one : cases()) {
    const Reply reply = post(text_of(one));
    EXPECT_EQ(reply.status, one.status) << reply.body;
    expect_error(reply, one.refusal);
    const std::string field = one.field.empty() ? "" : R"("field":")" + one.field + "\"";
    EXPECT_TRUE(has(reply.body, field)) << reply.body;
    EXPECT_EQ(reply.headers.count("retry-after"), one.status == 429 ? 1U : 0U);
  }
  EXPECT_EQ(server_->pass().gate().admission().next_seq(), 3U);  // none of them got a number
}

TEST_F(RefusalsTest, AmongOthersItIsRefusedInItsPlace) {
  std::string body;
  int number = 0;
  for (const Case& one : cases())
    body += good_event("g-" + std::to_string(number++)) + "\n" + text_of(one) + "\n";
  const Reply reply = post(body, "content-type: application/x-ndjson\r\n");
  ASSERT_EQ(reply.status, 200U) << reply.body;
  std::size_t at = 0;
  number = 0;
  for (const Case& one : cases()) {
    const std::string good = R"({"event_id":"g-)" + std::to_string(number++) + "\",\"seq\":";
    const std::string id = one.id.empty() ? std::string(wire::refusal_name(one.refusal)) : one.id;
    const bool unread = one.refusal == Refusal::kLineTooLong || one.refusal == Refusal::kEncoding;
    const std::string refused =
        R"({"event_id":)" + (unread ? "null" : "\"" + id + "\"") + R"(,"error":{"code":)";
    at = reply.body.find(good, at);
    ASSERT_NE(at, std::string::npos) << good << "\n" << reply.body;
    at = reply.body.find(refused, at);
    ASSERT_NE(at, std::string::npos) << refused << "\n" << reply.body;
    const std::string item = reply.body.substr(at, reply.body.find("}}", at) - at);
    EXPECT_TRUE(has(item, reason(one.refusal))) << item;
  }
}

TEST_F(RefusalsTest, AFullQueueIs429) {
  std::promise<void> taken;
  std::promise<void> go_on;
  ASSERT_TRUE(server_->pass()
                  .gate()
                  .at_rest([&] {
                    taken.set_value();
                    go_on.get_future().wait();
                  })
                  .is_ok());
  taken.get_future().wait();
  TestClient waiting(server_->port());
  const std::string first = good_event("first");
  waiting.send("POST /v1/decisions HTTP/1.1\r\nhost: t\r\n" + key_ +
               "content-length: " + std::to_string(first.size()) + "\r\n\r\n" + first);
  while (server_->pass().gate().counters().queued_events == 0) std::this_thread::yield();
  const Reply full = post(good_event("second"));
  EXPECT_EQ(full.status, 429U) << full.body;
  EXPECT_EQ(full.headers.count("retry-after"), 1U);
  expect_error(full, Refusal::kQueueFull);
  EXPECT_TRUE(has(full.body, R"("hint":"retry after a short wait")")) << full.body;
  go_on.set_value();
  EXPECT_EQ(waiting.read_reply().status, 200U);
  EXPECT_EQ(post(good_event("second")).status, 200U);
}

TEST_F(RefusalsTest, CsvIsRefusedByItsHeaderAndDates) {
  const Reply header = upload("colour,taste\nred,sweet\n", "text/csv");
  EXPECT_EQ(header.status, 400U);
  expect_error(header, Refusal::kHeaderUnknown);
  const Reply dates =
      upload("id,time,amount,debtor,creditor\nt-1,03/04/2026,1.00,1,2\n", "text/csv");
  EXPECT_EQ(dates.status, 400U);
  expect_error(dates, Refusal::kDateAmbiguous);
}

wire::Event framed_event(std::uint8_t number) {
  wire::Event event{};
  event.id[0] = number;
  event.time_us = 1'767'607'200'000'000;
  event.debtor = wire::EntityId::number(wire::EntityKind::kAccount, 1).word;
  event.currency = wire::kUnknownCurrency;
  return event;
}

TEST_F(RefusalsTest, FramesAreRefusedByTheirField) {
  const wire::Event event = framed_event(1);
  wire::FrameWriter writer({});
  std::vector<std::uint8_t> frame;
  ASSERT_TRUE(writer.events({&event, 1}, {}, {}, frame).is_ok());
  struct Damage {
    std::size_t byte;
    Refusal refusal;
    const char* field;
  };
  // The version, the stored size, and the first byte of the record.
  for (const Damage& damage : {Damage{4, Refusal::kFrameVersion, "version"},
                               Damage{15, Refusal::kFrameSize, "stored_bytes"},
                               Damage{64, Refusal::kFrameChecksum, "checksum"}}) {
    std::vector<std::uint8_t> damaged = frame;
    damaged[damage.byte] ^= 0x7F;
    const Reply reply = upload(damaged);
    EXPECT_EQ(reply.status, 400U) << reply.body;
    expect_error(reply, damage.refusal);
    EXPECT_TRUE(has(reply.body, std::string(R"("field":")") + damage.field + "\"")) << reply.body;
  }
  const Reply whole = upload(frame);
  EXPECT_TRUE(has(whole.body, R"("accepted":1,)")) << whole.body;
}

TEST_F(RefusalsTest, NumberedFramesAreRefusedOnTheirOwnPort) {
  TestClient producer(server_->native_port());
  wire::FrameWriter writer({});
  wire::FrameParser reader{wire::FrameParser::Options{}};
  wire::Frame frame{};
  std::vector<std::uint8_t> bytes;
  const auto exchange = [&] {
    producer.send({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    bytes.clear();
    std::string head = producer.read_exactly(wire::kFrameHeaderBytes);
    head += producer.read_exactly(
        load<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(head.data()) +
                            offsetof(wire::FrameHeader, stored_bytes)));
    reader.feed({reinterpret_cast<const std::uint8_t*>(head.data()), head.size()});
    const auto found = reader.next(frame);
    EXPECT_TRUE(found && *found);
  };
  const auto send_event = [&](std::uint8_t number, std::uint64_t producer_seq) {
    const wire::Event event = framed_event(number);
    ASSERT_TRUE(
        writer.events({&event, 1}, {}, {.producer_id = 7, .producer_seq = producer_seq}, bytes)
            .is_ok());
    exchange();
  };
  ASSERT_TRUE(writer.control(wire::FrameKind::kHello, {}, {.producer_id = 7}, bytes).is_ok());
  exchange();
  ASSERT_TRUE(wire::parse_hello_ack(frame));
  send_event(1, 1);
  ASSERT_EQ(frame.verdicts().size(), 1U);
  EXPECT_EQ(frame.verdicts()[0].seq, 3U);
  const std::pair<std::uint64_t, Refusal> refused[] = {{3, Refusal::kSequenceGap},
                                                       {1, Refusal::kAlreadyCommitted}};
  for (const auto& [producer_seq, refusal] : refused) {
    send_event(2, producer_seq);
    const auto error = wire::parse_error(frame);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->refusal, refusal);
    EXPECT_TRUE(has(error->message, "producer_seq")) << error->message;
  }
  send_event(2, 2);  // the connection stays
  ASSERT_EQ(frame.verdicts().size(), 1U);
  EXPECT_EQ(frame.verdicts()[0].seq, 4U);
}

TEST_F(RefusalsTest, AThousandEventsAreAnsweredInOrder) {
  constexpr int kEvents = 1000;
  std::string body = "[";
  for (int i = 0; i < kEvents; ++i) {
    if (i != 0) body += ',';
    body += i % 250 == 7 ? good_event("taken", 2) : good_event("e-" + std::to_string(i), i + 1);
  }
  const Reply reply = post(body + "]");
  ASSERT_EQ(reply.status, 200U) << reply.body;
  std::size_t at = 0;
  std::uint64_t seq = 2;
  for (int i = 0; i < kEvents; ++i) {
    const std::string item =
        i % 250 == 7
            ? std::string(R"({"event_id":"taken","error":{"code":"already_exists")")
            : R"({"event_id":"e-)" + std::to_string(i) + R"(","seq":)" + std::to_string(++seq) +
                  R"(,"outcome":")" + (i + 1 > 1000 ? "hold" : "pass");
    at = reply.body.find(item, at);
    ASSERT_NE(at, std::string::npos) << item;
  }
  EXPECT_EQ(count(reply.body, "\"committed\":true"), kEvents - 4U);
}

// Everything but how long it took and that it is a duplicate.
std::string stable_part(std::string body) {
  for (const std::string mark : {"\"duplicate\":true", "\"duplicate\":false"}) {
    const std::size_t at = body.find(mark);
    if (at != std::string::npos) body.replace(at, mark.size(), "\"duplicate\"");
  }
  return body.substr(0, body.find(",\"latency_us\""));
}

TEST_F(RefusalsTest, ARepeatedEventGetsItsStoredVerdict) {
  // Past the first fit, so that detectors have something to say.
  std::string events;
  for (int i = 0; i < 10'500; ++i) events += good_event("f-" + std::to_string(i), i % 997) + "\n";
  ASSERT_EQ(upload(events, "application/x-ndjson").status, 200U);
  for (const int amount : {5, 5000}) {
    const std::string event = good_event("r-" + std::to_string(amount), amount);
    const Reply first = post(event);
    ASSERT_EQ(first.status, 200U);
    EXPECT_TRUE(has(first.body, "\"duplicate\":false")) << first.body;
    EXPECT_TRUE(has(first.body, R"("name":"forest")")) << first.body;
    const Reply again = post(event);
    ASSERT_EQ(again.status, 200U) << again.body;
    EXPECT_TRUE(has(again.body, "\"duplicate\":true")) << again.body;
    EXPECT_EQ(stable_part(again.body), stable_part(first.body));
    EXPECT_EQ(post(good_event("r-" + std::to_string(amount), amount + 1)).status, 409U);
  }
  // Twice in one request.
  const Reply both = post("[" + good_event("twice") + "," + good_event("twice") + "]");
  EXPECT_EQ(count(both.body, "\"duplicate\":false"), 1U) << both.body;
  EXPECT_EQ(count(both.body, "\"duplicate\":true"), 1U);
  EXPECT_EQ(count(both.body, R"("event_id":"twice")"), 2U);
}

TEST_F(RefusalsTest, AKeyMakesEventsWithoutIdsRepeatable) {
  const std::string events =
      "[{" + with_amount("1") + R"(,"debtor":"1"},{)" + with_amount("2") + R"(,"debtor":"1"}])";
  const std::string key = "idempotency-key: night-7\r\n";
  const Reply first = post(events, key);
  EXPECT_EQ(count(first.body, "\"duplicate\":false"), 2U) << first.body;
  EXPECT_TRUE(has(first.body, R"("event_id":"night-7#0")")) << first.body;
  EXPECT_EQ(count(post(events, key).body, "\"duplicate\":true"), 2U);
  EXPECT_EQ(count(post(events).body, "\"duplicate\":false"), 2U);
  EXPECT_EQ(count(post(events, "idempotency-key: night-8\r\n").body, "\"duplicate\":false"), 2U);
}

}  // namespace
}  // namespace weir::main

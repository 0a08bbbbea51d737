#include "gate/reply_codec.hpp"

#include <gtest/gtest.h>

namespace weir::gate {
namespace {

Reply some_reply() {
  Reply reply;
  reply.verdicts.resize(2);
  reply.verdicts[0].seq = 7;
  reply.verdicts[0].core.tail_e6 = 4'100'000;
  reply.duplicate = {0, 1};
  reply.refused.push_back(
      {1, "t-2",
       invalid_argument("amount_negative", "amount -1").at("amount").at_line(3, 4).hint("turn")});
  Decision decision;
  decision.event.amount = 531;
  decision.side = {1, 2, 3};
  decision.seq = 7;
  decision.features[31] = 0.5F;
  decision.has_features = true;
  decision.rule_hits.push_back({{0, 3, decide::kHasSides}, {531.81, 500}});
  decision.versions = {1, 2, 3, 4};
  reply.decisions = {decision, {}};
  reply.first_seq = reply.last_seq = 7;
  reply.accepted = 1;
  return reply;
}

TEST(ReplyCodec, GivesBackWhatWasWritten) {
  ByteWriter out;
  encode(some_reply(), out);
  const auto reply = decode_reply(out.bytes());
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->status.is_ok());
  EXPECT_EQ(reply->verdicts[0].core.tail_e6, 4'100'000U);
  EXPECT_EQ(reply->duplicate[1], 1);
  ASSERT_EQ(reply->refused.size(), 1U);
  EXPECT_EQ(reply->refused[0].event_id, "t-2");
  EXPECT_EQ(reply->refused[0].status.to_string(), some_reply().refused[0].status.to_string());
  EXPECT_EQ(reply->decisions[0].event.amount, 531);
  EXPECT_EQ(reply->decisions[0].side.size(), 3U);
  EXPECT_EQ(reply->decisions[0].features[31], 0.5F);
  EXPECT_EQ(reply->decisions[0].rule_hits[0].sides.left, 531.81);
  EXPECT_EQ(reply->decisions[0].versions, (Versions{1, 2, 3, 4}));
  EXPECT_EQ(reply->accepted, 1U);
}

TEST(ReplyCodec, RefusesEveryCut) {
  ByteWriter out;
  encode(some_reply(), out);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    const auto reply = decode_reply(out.bytes().first(size));
    ASSERT_FALSE(reply) << size;
    EXPECT_EQ(reply.error().code(), Code::kDataLoss);
  }
}

}  // namespace
}  // namespace weir::gate

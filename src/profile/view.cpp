#include <algorithm>
#include <string>

#include "profile/profile_state.hpp"

namespace weir::profile {
namespace {

std::uint64_t gap_ms(std::uint32_t age_ms) {
  return age_ms == kNever ? UINT64_MAX : age_ms;
}

void fill(ProfileView& view, const Profile& now, std::int64_t as_of_us) {
  Profile p = now;
  view.last_us = p.last_us;
  age_profile(p, EventTime(std::max(as_of_us, p.last_us)));
  std::copy(std::begin(p.c_out), std::end(p.c_out), view.out_count.begin());
  std::copy(std::begin(p.c_in), std::end(p.c_in), view.in_count.begin());
  std::copy(std::begin(p.s_out), std::end(p.s_out), view.out_sum.begin());
  std::copy(std::begin(p.s_in), std::end(p.s_in), view.in_sum.begin());
  view.fraud_in = p.f_in;
  view.fraud_out = p.f_out;
  view.amount_log_mean = p.amount_mean;
  view.amount_log_variance = p.amount_variance;
  view.fan_out = distinct_of(p.out_now, p.out_before);
  view.fan_in = distinct_of(p.in_now, p.in_before);
  for (unsigned hour = 0; hour < 24; ++hour) {
    view.hours[hour] = static_cast<std::uint8_t>(hour_count(p, hour));
  }
  view.events_out = p.n_out;
  view.events_in = p.n_in;
  view.first_day = p.first_day;
  view.out_gap_ms = gap_ms(p.age_out_ms);
  view.in_gap_ms = gap_ms(p.age_in_ms);
}

}  // namespace

Result<ProfileView> Profiles::view(wire::EntityId id, std::int64_t as_of_us) const {
  const ProfileState& s = *state_;
  ProfileView view;
  view.id = id;
  view.as_of_us = as_of_us;
  view.slot = find(id);
  view.flags = flags(id);
  const std::uint32_t slot = s.profile_slot_of(id);
  if (view.slot == kNoSlot && slot == kNoSlot) {
    return fail(not_found("entity_unknown",
                          "no event and no list has named entity " + std::to_string(id.word)));
  }
  if (slot == kNoSlot || s.profiles[slot].seen == 0) return view;
  view.overflow = s.is_overflow(slot, id.word);
  view.has_profile = true;
  fill(view, s.profiles[slot], as_of_us);
  return view;
}

}  // namespace weir::profile

#include "stark/pin.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "hash/channel.hpp"

namespace circlet {
namespace {

/// "pin" and "data", little-endian. No transcript of a proof starts with one word.
constexpr std::array<std::uint32_t, 1> weights_tag = {0x006e6970}, data_tag = {0x61746164};

bool in_cm31(const QM31& x) { return x.second.is_zero(); }

}  // namespace

std::vector<CirclePoint<QM31>> pin_points(Pinned what, const Blake2sHash& root) {
  Blake2sChannel channel;
  channel.mix_u32s(what == Pinned::weights ? weights_tag : data_tag);
  channel.mix_root(root);
  std::vector<CirclePoint<QM31>> points;
  for (const QM31& t : channel.draw_secure_felts(pin_point_count)) {
    require(!(QM31(M31(1)) + t.square()).is_zero(), ErrorKind::rejected,
            "the commitment's root gives no point to pin it at (1 + t^2 = 0); commit again");
    points.push_back(circle_point_from(t));
  }
  return points;
}

bool is_special(const std::vector<CirclePoint<QM31>>& points, std::uint32_t log_size, std::uint32_t m) {
  return std::ranges::any_of(points, [&](const CirclePoint<QM31>& point) {
    // Nothing binds where y is in CM31 (deep_answers.cpp). A point that doubling takes into the circle over
    // CM31 may be taken to a row of the smaller table.
    const auto unlifted = point.repeated_double(m - log_size);
    return in_cm31(point.y) || (in_cm31(unlifted.x) && in_cm31(unlifted.y));
  });
}

}  // namespace circlet

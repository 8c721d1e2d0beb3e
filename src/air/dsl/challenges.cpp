#include "air/dsl/challenges.hpp"

namespace circlet {

std::vector<QM31> descending_powers(const QM31& base, std::size_t count) {
  std::vector<QM31> powers(count);
  QM31 power = M31(1);
  for (std::size_t i = count; i-- > 0; power *= base) powers[i] = power;
  return powers;
}

Factor::Factor(const QM31& k)
    : multiples{k, k * QM31::from_u32(0, 1), k * QM31::from_u32(0, 0, 1), k * QM31::from_u32(0, 0, 0, 1)} {}

TableConstants::TableConstants(const Challenges& challenges, const QM31& claimed_sum, std::uint32_t lanes,
                               std::uint32_t step)
    : powers{descending_powers(challenges.alpha, lanes), descending_powers(challenges.t, lanes),
             descending_powers(challenges.alpha.pow(step), lanes)} {
  const QM31& lambda = challenges.lambda;
  const auto set = [this](Constant c, const QM31& value) {
    factors[static_cast<std::size_t>(c)] = Factor(value);
  };
  set(Constant::t, challenges.t);
  set(Constant::t_to_the_lanes, challenges.t.pow(lanes));
  set(Constant::z_minus_wire, challenges.z - M31(static_cast<std::uint32_t>(BusTag::wire)));
  set(Constant::z_minus_look_up, challenges.z - M31(static_cast<std::uint32_t>(BusTag::look_up)));
  set(Constant::minus_lambda, -lambda);
  set(Constant::minus_lambda_2, -lambda.square());
  set(Constant::minus_lambda_3, -(lambda.square() * lambda));
  set(Constant::claimed_sum, claimed_sum);
}

}  // namespace circlet

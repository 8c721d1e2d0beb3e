// The bus, one LogUp sum over all tables (docs/protocol.md section 2): what a message is, and what follows
// from the list of those that a table sends. A table states that list once, in `messages`; from it come the
// constraints of its LogUp columns, the prover's fractions, the reference page and the explanation of a bus
// that does not balance.
//
// A message (tag, a, b, c) has the denominator d = live (z - tag) - lambda a - lambda^2 b - lambda^3 c. A use
// adds +1/d, a yield of multiplicity n adds -n/d. In a wire a is the id, b the index (0 in all present
// tables) and c the value in F; in a look-up they are the function, its argument and its value.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "air/dsl/evaluator.hpp"

namespace circlet {

template <class Base, class Secure>
struct Wire {
  Base id;
  Secure value;
};
template <class Base>
struct LookUp {
  Base function, argument, value;
};
/// The look-up whose value is 0: the argument lies in the function's range.
template <class Base>
struct InRange {
  Base function, argument;
};
template <class Base, class Secure>
Wire(Base, Secure) -> Wire<Base, Secure>;
template <class Base>
LookUp(Base, Base, Base) -> LookUp<Base>;
template <class Base>
InRange(Base, Base) -> InRange<Base>;

template <class E, class Base, class Secure>
typename E::Secure denominator(E& eval, const typename E::Base& live, const Wire<Base, Secure>& m) {
  return eval.combination(Constant::z_minus_wire, live, Constant::minus_lambda, m.id,
                          Constant::minus_lambda_3, m.value);
}
template <class E, class Base>
typename E::Secure denominator(E& eval, const typename E::Base& live, const LookUp<Base>& m) {
  return eval.combination(Constant::z_minus_look_up, live, Constant::minus_lambda, m.function,
                          Constant::minus_lambda_2, m.argument, Constant::minus_lambda_3, m.value);
}
template <class E, class Base>
typename E::Secure denominator(E& eval, const typename E::Base& live, const InRange<Base>& m) {
  return eval.combination(Constant::z_minus_look_up, live, Constant::minus_lambda, m.function,
                          Constant::minus_lambda_2, m.argument);
}

/// Used once on every real row.
template <class Message>
struct Use {
  Message message;
};
/// Yielded `count` times.
template <class Count, class Message>
struct Yield {
  Count count;
  Message message;
};
/// Used `count` times; a negative count yields.
template <class Count, class Message>
struct Exchange {
  Count count;
  Message message;
};

template <class Message>
Use(Message) -> Use<Message>;
template <class Count, class Message>
Yield(Count, Message) -> Yield<Count, Message>;
template <class Count, class Message>
Exchange(Count, Message) -> Exchange<Count, Message>;

/// x - n d, where n is the signed count of the entry.
template <class S, class Base, class Message>
auto less(const S& x, const Base& real, const Use<Message>&, const S& d) {
  return x - d * real;
}
template <class S, class Base, class Count, class Message>
auto less(const S& x, const Base&, const Yield<Count, Message>& entry, const S& d) {
  return x + d * entry.count;
}
template <class S, class Base, class Count, class Message>
auto less(const S& x, const Base&, const Exchange<Count, Message>& entry, const S& d) {
  return x - d * entry.count;
}
/// x - n
template <class S, class Base, class Message>
auto less(const S& x, const Base& real, const Use<Message>&) {
  return x - real;
}
template <class S, class Base, class Count, class Message>
auto less(const S& x, const Base&, const Yield<Count, Message>& entry) {
  return x + entry.count;
}
template <class S, class Base, class Count, class Message>
auto less(const S& x, const Base&, const Exchange<Count, Message>& entry) {
  return x - entry.count;
}

/// x - (n d' + n' d), the numerator of n/d + n'/d'.
template <class S, class Base, class First, class Second>
auto less_pair(const S& x, const Base& real, const First& first, const S& d, const Second& second,
               const S& d_second) {
  return less(less(x, real, first, d_second), real, second, d);
}
template <class S, class Base, class A, class B>
auto less_pair(const S& x, const Base& real, const Use<A>&, const S& d, const Use<B>&, const S& d_second) {
  return x - (d + d_second) * real;
}

/// What the columns of LogUp stand for: two messages each, in the order of the table's list; a message that
/// is left over stands in the running sum alone. Every denominator is of degree 1, so all constraints are of
/// degree 3.
template <class Shape>
inline constexpr std::size_t row_pairs = Shape::pairs.size();
template <class Shape>
inline constexpr bool has_lane_pairs = requires { Shape::lane_pairs; };

struct NoRange {};

template <class E, class Shape>
struct LogUpColumns {
  std::conditional_t<has_lane_pairs<Shape>, typename E::SecureRange, NoRange> lanes;  // P_i
  std::array<typename E::Secure, row_pairs<Shape>> pairs;
  WithPrevious<typename E::Secure> R;  // the running sum of all messages
};

template <class E, class Shape>
LogUpColumns<E, Shape> logup_columns(E& eval, const Shape& shape) {
  const auto lanes = [&] {
    if constexpr (has_lane_pairs<Shape>) {
      return eval.logup_range(Shape::lane_pairs.column, shape.lanes, Shape::lane_pairs.meaning);
    } else {
      return NoRange{};
    }
  }();
  const auto pairs = [&]<std::size_t... i>(std::index_sequence<i...>) {
    // Braces keep the order.
    return std::array<typename E::Secure, sizeof...(i)>{
        eval.logup(Shape::pairs[i].column, Shape::pairs[i].meaning)...};
  }(std::make_index_sequence<row_pairs<Shape>>{});
  return {lanes, pairs, eval.logup_with_previous("R", Shape::running_sum.meaning)};
}

/// The constraints of the LogUp columns, and where the claimed sum is bound:
///     P d d' - (n d' + n' d) = 0,   (real (R - sum of P) - keepr R_) d - n = 0,   fin (R_ + rho - claimed) =
///     0.
template <AirEvaluator E, class Shape, class Columns>
void bus_constraints(E& eval, const Shape& shape, const Columns& c, const LogUpColumns<E, Shape>& sums,
                     const typename E::Secure& rho) {
  using Secure = typename E::Secure;
  const auto state_pair = [&](const auto& state, const Secure& P, const auto& first, const auto& second) {
    const Secure d = denominator(eval, c.live, first.message),
                 d_second = denominator(eval, c.live, second.message);
    state(less_pair(Secure(P * d * d_second), c.real, first, d, second, d_second));
  };
  if constexpr (has_lane_pairs<Shape>) {
    eval.each(shape.lanes, [&](auto i) {
      const auto [first, second] = lane_messages(eval, shape, c, i);
      state_pair([&](const auto& value) { eval.constraint(Shape::lane_pairs.constraint, i, value); },
                 sums.lanes[i], first, second);
    });
  }
  const auto list = messages(eval, shape, c);
  constexpr std::size_t count = std::tuple_size_v<decltype(list)>;
  static_assert(row_pairs<Shape> == count / 2, "a column of LogUp for every two messages");
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    (state_pair([&](const auto& value) { eval.constraint(Shape::pairs[i].constraint, value); }, sums.pairs[i],
                std::get<2 * i>(list), std::get<2 * i + 1>(list)),
     ...);
  }(std::make_index_sequence<row_pairs<Shape>>{});

  const Secure rest = [&]<std::size_t... i>(std::index_sequence<i...>) {
    Secure value = sums.R.current;
    if constexpr (has_lane_pairs<Shape>) {
      value =
          value - (eval.sum(shape.lanes, [&](auto lane) { return sums.lanes[lane]; }) + ... + sums.pairs[i]);
    } else {
      ((value = value - sums.pairs[i]), ...);
    }
    return value;
  }(std::make_index_sequence<row_pairs<Shape>>{});
  const Secure step = rest * c.real - sums.R.previous * c.keepr;
  if constexpr (count % 2 == 1) {
    const auto& last = std::get<count - 1>(list);
    eval.constraint(Shape::running_sum.constraint,
                    less(Secure(step * denominator(eval, c.live, last.message)), c.real, last));
  } else {
    eval.constraint(Shape::running_sum.constraint, step);
  }
  eval.constraint(Shape::running_sum.fin,
                  (sums.R.previous + rho - eval.constant(Constant::claimed_sum)) * c.fin);
}

}  // namespace circlet

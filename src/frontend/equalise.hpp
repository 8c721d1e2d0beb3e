// Rows of a layer that share one look-up table share its steps too, and a row of small values would get few
// of them. Where the function is homogeneous, f(c z) = c^k f(z), and only linear terms read its values, rows
// may be scaled at will:
//
//   sum over j of w_j f(z_j) = sum over j of (w_j / c_j^k) f(c_j z_j).
#pragma once

#include "frontend/accuracy.hpp"
#include "frontend/graph.hpp"

namespace circlet {

/// The same model, with rows whose values are a sixteenth of the greatest or less scaled up by powers of two.
/// `reference` is the graph's; what is returned has that of the scaled graph, on the same inputs.
struct EqualisedGraph {
  Graph graph;
  FloatReference reference;
};
EqualisedGraph equalised(Graph graph, FloatReference reference);

}  // namespace circlet

// Leaves out what no output depends on, row by row.
#pragma once

#include "frontend/graph.hpp"

namespace circlet {

/// The layers that `output` needs, without rows that none of them reads: products of masked places, say, or
/// all but the last position of a transformer's last block. Rows of a convolution go where all channels lose
/// the same places and its kernels are one place. The model's inputs stay, and `output` is what the last
/// layer makes.
Graph with_used_rows(Graph graph, TensorId output);

}  // namespace circlet

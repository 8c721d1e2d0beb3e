// The order of rows in the tensors of a graph. Exporters of channels-last models, and matrix products along
// the last axis, leave images turned about: [place][channel]. What a graph computes does not depend on the
// order of rows in the tensors between its layers; images as [channel][place] can lie in tiles.
#pragma once

#include "frontend/graph.hpp"

namespace circlet {

/// The same graph with, as far as they agree, every hidden tensor in the order of the image that a
/// convolution makes, or that a convolution or pooling reads; the model's input and output keep theirs.
Graph with_images_in_order(Graph graph);

}  // namespace circlet

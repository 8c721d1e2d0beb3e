// tile: single values put together into tiles, in an order that is public,
//
//   y_k = x_(i_k).
//
// One input, of single values; one constant, the indices i_k, one for each value of the output and any of
// them as often as wanted; no attributes. The output's range is the input's. A tile takes a row of `mac` a
// value; but those of a private input that nothing else reads, and no value twice, are the input's own rows.
#pragma once

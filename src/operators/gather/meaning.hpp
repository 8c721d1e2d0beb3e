// gather: rows of a tensor in an order that is public,
//
//   y_j = x_(i_j).
//
// One input; one constant, the indices i_j from 0 on, one for each row of the output and any of them as often
// as wanted; no attributes. The output's range is the input's. It costs nothing: its rows are the input's
// wires by another name.
#pragma once

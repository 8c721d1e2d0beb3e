// Everything about the table linear but its witness generation.
#pragma once

#include "air/tables/linear/constraints.hpp"
#include "air/tables/linear/fractions.hpp"
#include "air/tables/linear/messages.hpp"

// Everything about the table activate but its witness generation.
#pragma once

#include "air/tables/activate/constraints.hpp"
#include "air/tables/activate/fractions.hpp"
#include "air/tables/activate/messages.hpp"

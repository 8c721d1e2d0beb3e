// Everything about the table lut but its witness generation.
#pragma once

#include "air/tables/lut/constraints.hpp"
#include "air/tables/lut/fractions.hpp"
#include "air/tables/lut/messages.hpp"

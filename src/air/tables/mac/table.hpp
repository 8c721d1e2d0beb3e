// Everything about the table mac but its witness generation.
#pragma once

#include "air/tables/mac/constraints.hpp"
#include "air/tables/mac/fractions.hpp"
#include "air/tables/mac/messages.hpp"

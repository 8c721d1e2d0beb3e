// The templates of every table: constraints, fractions and messages.
#pragma once

#include "air/tables/activate/table.hpp"
#include "air/tables/linear/table.hpp"
#include "air/tables/lut/table.hpp"
#include "air/tables/mac/table.hpp"

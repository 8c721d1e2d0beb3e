// The templates of every component: constraints; of a table fractions and messages too.
#pragma once

#include "air/tables/activate/table.hpp"
#include "air/tables/blinder/constraints.hpp"
#include "air/tables/data/table.hpp"
#include "air/tables/linear/table.hpp"
#include "air/tables/lut/table.hpp"
#include "air/tables/mac/table.hpp"

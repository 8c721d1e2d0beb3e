// The constraints of every component.
#pragma once

#include "air/tables/activate/constraints.hpp"
#include "air/tables/blinder/constraints.hpp"
#include "air/tables/data/constraints.hpp"
#include "air/tables/linear/constraints.hpp"
#include "air/tables/lut/constraints.hpp"
#include "air/tables/mac/constraints.hpp"

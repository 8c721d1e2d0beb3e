// Everything about the tables input and output but their witness generation.
#pragma once

#include "air/tables/data/constraints.hpp"
#include "air/tables/data/fractions.hpp"
#include "air/tables/data/messages.hpp"

"""Good: docs/page.md section 1.
DEAD: docs/page.md section 4."""
path = "src/in/a/string.hpp"  # Good: src/core/thing.hpp
# DEAD: src/core/thing.cpp

// Good: docs/page.md, "Second
// one", and docs/page.md
// section 2, steps 1 and 2. A name that is only_in_a_comment.
// DEAD: docs/page.md section 3
// DEAD: docs/page.md, "Second"
// DEAD: the channel (spec 3.1)
// DEAD: section 4
// DEAD: docs/pages.md
// DEAD: `a_test_that_was_there`
#pragma once

const char* const variable = "CIRCLET_THERE";
const char* const path = "src/in/a/string.hpp // no comment";

TEST_CASE("a_test_that_is_there") { a_helper("--good"); }  // DEAD: core/things.hpp

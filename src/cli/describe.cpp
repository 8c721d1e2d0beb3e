#include "cli/describe.hpp"

#include "core/error.hpp"

namespace circlet {

#define OPERATOR(name, number)                                \
  namespace name {                                            \
  Description describe(const Program& program, const Op& op); \
  }
#include "operators/registry.def"
#undef OPERATOR

Description describe(const Program& program, const Op& op) {
  switch (op.kind) {
#define OPERATOR(name, number) \
  case OpKind::name:           \
    return name::describe(program, op);
#include "operators/registry.def"
#undef OPERATOR
  }
  throw Error(ErrorKind::internal, "unknown operator");
}

}  // namespace circlet

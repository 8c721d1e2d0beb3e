#include "lowering/rows.hpp"

#include "core/error.hpp"

namespace circlet {

#define OPERATOR(name, number) \
  namespace name {             \
  extern const Rows rows;      \
  }
#include "operators/registry.def"
#undef OPERATOR

const Rows& rows_of(OpKind kind) {
  switch (kind) {
#define OPERATOR(name, number) \
  case OpKind::name:           \
    return name::rows;
#include "operators/registry.def"
#undef OPERATOR
  }
  throw Error(ErrorKind::internal, "unknown operator");
}

}  // namespace circlet

// The ONNX protobuf classes, with the ML types, as Debian's libonnx-dev ships them.
#pragma once

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <onnx/onnx_pb.h>

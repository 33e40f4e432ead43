// CBzip2: the system's libbz2 as a module. Only the room `Bytes` imports it, to unpack rotated log files; its façade bounds what comes out of a step.
#pragma once

#include <bzlib.h>

// CLZ4: the system's liblz4 (block format) as a module. Only the room `Bytes` imports it; its façade checks every size before memory is asked for.
#pragma once

#include <lz4.h>

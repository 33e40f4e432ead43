// CZSTD: the system's libzstd as a module. Only the room `Bytes` imports it; its façade checks every size before memory is asked for.
#pragma once

#include <zstd.h>

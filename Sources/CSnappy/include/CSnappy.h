// CSnappy: the system's libsnappy, through its C binding as a module. Only the room `Bytes` imports it; its façade checks every size before memory is asked for.
#pragma once

#include <snappy-c.h>

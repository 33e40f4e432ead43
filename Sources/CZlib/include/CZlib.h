// CZlib: the system's zlib as a module. Only the room `Bytes` imports it; its façade checks every size before memory is asked for.
#pragma once

#include <zlib.h>

/// `deflateInit2` and `inflateInit2` are macros, which Swift cannot import.
int czlib_deflate_init(z_stream *_Nonnull stream, int level, int window_bits);
int czlib_inflate_init(z_stream *_Nonnull stream, int window_bits);

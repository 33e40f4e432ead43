// CZSTD: the system's libzstd as a module. Only the room `Bytes` imports it; its façade checks every size before memory is asked for.
#pragma once

#include <zstd.h>

/// The calling thread's own context, made at the first call and freed when the thread ends; null when out of memory.
ZSTD_CCtx *_Nullable czstd_thread_compressor(void);
ZSTD_DCtx *_Nullable czstd_thread_decompressor(void);

/// Values of macros that Swift cannot import.
extern const unsigned long long czstd_content_size_unknown;
extern const unsigned long long czstd_content_size_error;

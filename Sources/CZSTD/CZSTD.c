#include "CZSTD.h"

#include <pthread.h>

const unsigned long long czstd_content_size_unknown = ZSTD_CONTENTSIZE_UNKNOWN;
const unsigned long long czstd_content_size_error = ZSTD_CONTENTSIZE_ERROR;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t compressors;
static pthread_key_t decompressors;

static void free_compressor(void *context) { ZSTD_freeCCtx(context); }
static void free_decompressor(void *context) { ZSTD_freeDCtx(context); }

static void create_keys(void) {
    pthread_key_create(&compressors, free_compressor);
    pthread_key_create(&decompressors, free_decompressor);
}

ZSTD_CCtx *czstd_thread_compressor(void) {
    pthread_once(&once, create_keys);
    ZSTD_CCtx *context = pthread_getspecific(compressors);
    if (!context) {
        context = ZSTD_createCCtx();
        pthread_setspecific(compressors, context);
    }
    return context;
}

ZSTD_DCtx *czstd_thread_decompressor(void) {
    pthread_once(&once, create_keys);
    ZSTD_DCtx *context = pthread_getspecific(decompressors);
    if (!context) {
        context = ZSTD_createDCtx();
        pthread_setspecific(decompressors, context);
    }
    return context;
}

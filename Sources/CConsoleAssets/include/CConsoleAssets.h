// The console's files, embedded in the binary: a table of path, bytes and size.
//
// A C target with #embed, because SwiftPM's own embedding of resources flattens folders and takes minutes for a megabyte.
// The chart library is Debian's libjs-dygraphs; the Makefile installs it.
#ifndef CCONSOLEASSETS_H
#define CCONSOLEASSETS_H

#include <stddef.h>

typedef struct {
    /// Path below the console's root, as the browser asks for it.
    const char *_Nonnull path;
    const unsigned char *_Nonnull bytes;
    size_t count;
} console_asset;

/// Number of files.
size_t console_asset_count(void);
/// One file; the index lies below the count.
console_asset console_asset_at(size_t index);

#endif

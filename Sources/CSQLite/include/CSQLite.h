// CSQLite: the system's libsqlite3 as a module, with functions for the macros and variadic calls that Swift cannot import.
#pragma once

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Binds bytes that SQLite copies (SQLITE_TRANSIENT).
int csqlite_bind_blob_copied(sqlite3_stmt *_Nonnull statement, int index, const void *_Nullable bytes, sqlite3_uint64 count);
/// Binds bytes that outlive the statement's next step or reset (SQLITE_STATIC).
int csqlite_bind_blob_borrowed(sqlite3_stmt *_Nonnull statement, int index, const void *_Nullable bytes, sqlite3_uint64 count);
/// Binds UTF-8 text that SQLite copies.
int csqlite_bind_text_copied(sqlite3_stmt *_Nonnull statement, int index, const char *_Nullable text, sqlite3_uint64 count);
/// Binds UTF-8 text that outlives the statement's next step or reset.
int csqlite_bind_text_borrowed(sqlite3_stmt *_Nonnull statement, int index, const char *_Nullable text, sqlite3_uint64 count);

/// Process-wide: each connection is used by one thread at a time. Call before the first open.
int csqlite_configure_multithread(void);
int csqlite_set_defensive(sqlite3 *_Nonnull database, int enabled);
/// Keeps the write-ahead file after the last connection closes.
int csqlite_set_no_checkpoint_on_close(sqlite3 *_Nonnull database, int enabled);

#ifdef __cplusplus
}
#endif

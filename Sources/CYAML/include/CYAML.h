// CYAML: the system's libyaml as a module, with its parser as a stream of flat events, since Swift cannot import the unions of its own events.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Kinds of events; those that a reader of documents does not need are left out.
enum cyaml_kind {
    CYAML_END = 0,
    CYAML_DOCUMENT_START,
    CYAML_DOCUMENT_END,
    CYAML_ALIAS,
    CYAML_SCALAR,
    CYAML_SEQUENCE_START,
    CYAML_SEQUENCE_END,
    CYAML_MAPPING_START,
    CYAML_MAPPING_END,
    CYAML_FAILURE,
};

/// One event. Texts are null-terminated, may be null, and live until the next call on the parser.
struct cyaml_event {
    int kind;
    /// The name of an anchor or alias.
    const char *_Nullable anchor;
    const char *_Nullable tag;
    /// A scalar's text of `length` bytes, or what went wrong.
    const char *_Nullable text;
    size_t length;
    /// A scalar without quotes that is no block.
    int is_plain;
    /// Counted from 0; columns are characters. Both are 0 for a failure that has an `offset` only.
    size_t line, column;
    /// Byte of the text at which a failure of its encoding stands; -1 for all others.
    int64_t offset;
};

typedef struct cyaml_parser cyaml_parser;

/// A parser of UTF-8 text, which it copies; null when there is no memory.
cyaml_parser *_Nullable cyaml_parser_new(const uint8_t *_Nonnull bytes, size_t count);
void cyaml_parser_free(cyaml_parser *_Nonnull parser);
/// The next event; after the end or a failure, the same again.
void cyaml_parser_next(cyaml_parser *_Nonnull parser, struct cyaml_event *_Nonnull event);

#ifdef __cplusplus
}
#endif

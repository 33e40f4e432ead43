// CRE2: the system's RE2 behind a C header. Only the room `Bytes` imports it.
//
// A compiled pattern is immutable and may be used by many threads. Matching takes linear time and bounded memory; when RE2's
// automaton outgrows its budget it falls back to a slower engine by itself.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

typedef struct {
    bool case_insensitive;
    bool latin1;
    bool dot_matches_newline;
    bool literal;
    int64_t memory_budget;
} cre2_options;

/// Never null; ask `cre2_is_valid` before matching.
cre2_pattern *_Nonnull cre2_create(const char *_Nullable pattern, size_t count, cre2_options options);
void cre2_destroy(cre2_pattern *_Nonnull pattern);
bool cre2_is_valid(const cre2_pattern *_Nonnull pattern);
/// The message and the offending part of an invalid pattern; both live as long as the pattern.
const char *_Nonnull cre2_error(const cre2_pattern *_Nonnull pattern, size_t *_Nonnull count);
const char *_Nonnull cre2_error_part(const cre2_pattern *_Nonnull pattern, size_t *_Nonnull count);

int cre2_group_count(const cre2_pattern *_Nonnull pattern);
/// The name of a group counted from 1, or null.
const char *_Nullable cre2_group_name(const cre2_pattern *_Nonnull pattern, int group, size_t *_Nonnull count);

/// Searches text[start..<end]; `anchored` wants the whole of it. Fills `ranges` with `group_count` pairs of offsets, -1 where a group
/// took no part; pass 0 groups when only the answer matters (much faster).
bool cre2_match(
    const cre2_pattern *_Nonnull pattern, const char *_Nullable text, size_t start, size_t end, bool anchored,
    ptrdiff_t *_Nullable ranges, int group_count);

/// Bounds of every possible anchored match, each at most `limit` bytes; false when nothing useful is known.
bool cre2_possible_match_range(
    const cre2_pattern *_Nonnull pattern, size_t limit, char *_Nonnull minimum, size_t *_Nonnull minimum_count,
    char *_Nonnull maximum, size_t *_Nonnull maximum_count);

#ifdef __cplusplus
}
#endif

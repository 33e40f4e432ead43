// Substring search. Two bytes of the needle that are rare in log text are looked for at once, sixteen places a step; a place that has both is
// compared as a whole. (The idea of filtering by rare bytes is published with many searchers, among them Mula's "SIMD-friendly algorithms
// for substring searching".)
#include <string.h>

#include "CPosix.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// How often a byte stands in log text, in steps: the lower, the better it tells places apart.
static unsigned rank(unsigned char byte) {
    if (byte >= 'a' && byte <= 'z') {
        static const unsigned char letters[26] = {
            12, 6, 10, 10, 15, 7, 6, 6, 12, 2, 4, 10, 8, 12, 12, 9, 1, 12, 12, 13, 8, 4, 5, 4, 5, 2};
        return letters[byte - 'a'];
    }
    if (byte >= 'A' && byte <= 'Z') return 3;
    if (byte == '0' || byte == '1' || byte == '2') return 14;
    if (byte >= '0' && byte <= '9') return 11;
    if (byte == ' ') return 16;
    if (byte == '.' || byte == ':' || byte == '-' || byte == '/' || byte == ',') return 12;
    if (byte == '=' || byte == '_' || byte == '"') return 9;
    return 3;
}

static unsigned char folded(unsigned char byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

static int equal_folded(const unsigned char *text, const unsigned char *needle, size_t count) {
    for (size_t index = 0; index < count; index++) {
        if (folded(text[index]) != needle[index]) return 0;
    }
    return 1;
}

ptrdiff_t csystem_memmem_folded(const void *haystack, size_t count, const void *needle, size_t needle_count) {
    if (needle_count == 0) return 0;
    if (count < needle_count) return -1;
    const unsigned char *text = haystack;
    const unsigned char *wanted = needle;
    const size_t last = count - needle_count;
    size_t first_at = 0;
    for (size_t index = 1; index < needle_count; index++) {
        if (rank(wanted[index]) < rank(wanted[first_at])) first_at = index;
    }
    size_t second_at = first_at == 0 && needle_count > 1 ? 1 : 0;
    for (size_t index = 0; index < needle_count; index++) {
        if (index != first_at && rank(wanted[index]) < rank(wanted[second_at])) second_at = index;
    }
    const unsigned char first = wanted[first_at], second = wanted[second_at];
    size_t at = 0;
#if defined(__SSE2__)
    // Setting the bit of lower case in both sides takes a few other bytes as equal too; the comparison sorts them out.
    const __m128i first_fold = _mm_set1_epi8(first >= 'a' && first <= 'z' ? 0x20 : 0);
    const __m128i second_fold = _mm_set1_epi8(second >= 'a' && second <= 'z' ? 0x20 : 0);
    const __m128i first_byte = _mm_set1_epi8((char)first), second_byte = _mm_set1_epi8((char)second);
    // The last byte that a step loads is text[at + 15 + needle_count - 1].
    while (at + 15 <= last) {
        const __m128i one = _mm_loadu_si128((const __m128i *)(text + at + first_at));
        const __m128i two = _mm_loadu_si128((const __m128i *)(text + at + second_at));
        unsigned hits = (unsigned)_mm_movemask_epi8(_mm_and_si128(
            _mm_cmpeq_epi8(_mm_or_si128(one, first_fold), first_byte), _mm_cmpeq_epi8(_mm_or_si128(two, second_fold), second_byte)));
        while (hits != 0) {
            const size_t place = at + (size_t)__builtin_ctz(hits);
            if (equal_folded(text + place, wanted, needle_count)) return (ptrdiff_t)place;
            hits &= hits - 1;
        }
        at += 16;
    }
#endif
    for (; at <= last; at++) {
        if (folded(text[at + first_at]) == first && folded(text[at + second_at]) == second && equal_folded(text + at, wanted, needle_count)) {
            return (ptrdiff_t)at;
        }
    }
    return -1;
}

bool csystem_are_equal(const void *left, const void *right, size_t count) { return memcmp(left, right, count) == 0; }

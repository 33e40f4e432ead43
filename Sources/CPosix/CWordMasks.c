// Which bytes of a text belong to words and which are digits, 64 to a number: one look at each byte, so that what lies between two words is
// found by counting zeros. Words are as `WordClass` says: ASCII letters, digits, `_` and bytes from 128 on.
#include <string.h>

#include "CPosix.h"

#if defined(__x86_64__)
#include <immintrin.h>

static void masks_sse2(const unsigned char *text, uint64_t *words, uint64_t *digits) {
    uint64_t word = 0, digit = 0;
    for (int part = 0; part < 4; part++) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(text + part * 16));
        const __m128i from_zero = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
        const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
        const __m128i from_a = _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
        const __m128i is_underscore = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_'));
        // The sign bit of the byte itself says that it is 128 or more.
        const __m128i is_word = _mm_or_si128(_mm_or_si128(is_digit, is_letter), _mm_or_si128(is_underscore, bytes));
        digit |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_digit) << (part * 16);
        word |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_word) << (part * 16);
    }
    *words = word;
    *digits = digit;
}

__attribute__((target("avx2"))) static void all_masks_avx2(const unsigned char *text, size_t blocks, uint64_t *words, uint64_t *digits) {
    for (size_t block = 0; block < blocks; block++, text += 64) {
        uint64_t word = 0, digit = 0;
        for (int part = 0; part < 2; part++) {
            const __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + part * 32));
            const __m256i from_zero = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
            const __m256i is_digit = _mm256_cmpeq_epi8(_mm256_min_epu8(from_zero, _mm256_set1_epi8(9)), from_zero);
            const __m256i from_a = _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
            const __m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(from_a, _mm256_set1_epi8(25)), from_a);
            const __m256i is_underscore = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('_'));
            const __m256i is_word = _mm256_or_si256(_mm256_or_si256(is_digit, is_letter), _mm256_or_si256(is_underscore, bytes));
            digit |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_digit) << (part * 32);
            word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_word) << (part * 32);
        }
        words[block] = word;
        digits[block] = digit;
    }
}

static void all_masks(const unsigned char *text, size_t blocks, uint64_t *words, uint64_t *digits) {
    if (__builtin_cpu_supports("avx2")) {
        all_masks_avx2(text, blocks, words, digits);
    } else {
        for (size_t block = 0; block < blocks; block++) masks_sse2(text + block * 64, words + block, digits + block);
    }
}
#else
static void all_masks(const unsigned char *text, size_t blocks, uint64_t *words, uint64_t *digits) {
    for (size_t block = 0; block < blocks; block++) {
        uint64_t word = 0, digit = 0;
        for (int place = 0; place < 64; place++) {
            const unsigned char byte = text[block * 64 + (size_t)place], folded = byte | 0x20;
            const uint64_t is_digit = byte >= '0' && byte <= '9';
            const uint64_t is_word = is_digit || (folded >= 'a' && folded <= 'z') || byte == '_' || byte >= 128;
            digit |= is_digit << place;
            word |= is_word << place;
        }
        words[block] = word;
        digits[block] = digit;
    }
}
#endif

void csystem_word_masks(const void *bytes, size_t count, uint64_t *words, uint64_t *digits) {
    const size_t blocks = count / 64, rest = count % 64;
    all_masks(bytes, blocks, words, digits);
    if (rest > 0) {
        // Zeros are in no word.
        unsigned char last[64] = {0};
        memcpy(last, (const unsigned char *)bytes + blocks * 64, rest);
        all_masks(last, 1, words + blocks, digits + blocks);
    }
}

static uint8_t byte_classes(unsigned char byte) {
    const unsigned char folded = byte | 0x20;
    if (byte >= 128) return 64;
    if (byte == '_') return 32;
    if (byte >= '0' && byte <= '9') return 1;
    if (folded < 'a' || folded > 'z') return 0;
    return (uint8_t)((folded <= 'f' ? 2 : 8) << (byte == folded ? 0 : 1));
}

uint8_t csystem_word_classes(const void *bytes, size_t count) {
    const unsigned char *text = bytes;
    size_t at = 0;
    uint8_t classes = 0;
#if defined(__x86_64__)
    __m128i all = _mm_setzero_si128();
    for (; at + 16 <= count; at += 16) {
        const __m128i part = _mm_loadu_si128((const __m128i *)(text + at));
        const __m128i from_a = _mm_sub_epi8(_mm_or_si128(part, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i from_zero = _mm_sub_epi8(part, _mm_set1_epi8('0'));
        const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(25)), from_a);
        const __m128i is_hexadecimal = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8(5)), from_a);
        const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(from_zero, _mm_set1_epi8(9)), from_zero);
        const __m128i is_upper = _mm_cmpeq_epi8(_mm_and_si128(part, _mm_set1_epi8(0x20)), _mm_setzero_si128());
        // 2 for `a` to `f` and 8 for other letters, doubled for capitals.
        __m128i letters = _mm_or_si128(
            _mm_and_si128(is_hexadecimal, _mm_set1_epi8(2)), _mm_andnot_si128(is_hexadecimal, _mm_and_si128(is_letter, _mm_set1_epi8(8))));
        letters = _mm_add_epi8(letters, _mm_and_si128(is_upper, letters));
        const __m128i others = _mm_or_si128(
            _mm_or_si128(
                _mm_and_si128(is_digit, _mm_set1_epi8(1)), _mm_and_si128(_mm_cmpeq_epi8(part, _mm_set1_epi8('_')), _mm_set1_epi8(32))),
            _mm_and_si128(_mm_cmplt_epi8(part, _mm_setzero_si128()), _mm_set1_epi8(64)));
        all = _mm_or_si128(all, _mm_or_si128(letters, others));
    }
    unsigned char lanes[16];
    _mm_storeu_si128((__m128i *)lanes, all);
    for (int lane = 0; lane < 16; lane++) classes |= lanes[lane];
#endif
    for (; at < count; at++) classes |= byte_classes(text[at]);
    return classes;
}

// The inner loops of columns: what `IntegerColumn` and `ColumnSums` say, element by element, where Swift's loops would be read and written
// several times over.
#include <math.h>
#include <string.h>

#include "CPosix.h"

#define INLINE static inline __attribute__((always_inline))

// MARK: Decimals

/// Residuals that are joined before they are added up: short enough for the stack and the nearest cache.
enum { STRIDE = 256 };

INLINE int64_t unzigzag(uint64_t word) { return (int64_t)(word >> 1) ^ -(int64_t)(word & 1); }

INLINE void join(const uint8_t *planes, size_t count, unsigned width, size_t start, size_t length, unsigned shift, int64_t *residuals) {
    for (size_t index = 0; index < length; index++) {
        uint64_t word = 0;
        for (unsigned plane = 0; plane < width; plane++) word |= (uint64_t)planes[plane * count + start + index] << (8 * plane);
        residuals[index] = (int64_t)((uint64_t)unzigzag(word) << shift);
    }
}

INLINE uint32_t decode(
    const uint8_t *planes, size_t count, unsigned width, unsigned order, unsigned shift, int64_t first, int64_t first_delta, double divisor,
    double *target
) {
    int64_t residuals[STRIDE];
    uint64_t value = (uint64_t)first, delta = (uint64_t)first_delta, fell = 0;
    for (size_t start = 0; start < count; start += STRIDE) {
        const size_t length = count - start < STRIDE ? count - start : STRIDE;
        double *values = target + start;
        switch (width) {
        case 0: memset(residuals, 0, sizeof residuals); break;
        case 1: join(planes, count, 1, start, length, shift, residuals); break;
        case 2: join(planes, count, 2, start, length, shift, residuals); break;
        case 3: join(planes, count, 3, start, length, shift, residuals); break;
        case 4: join(planes, count, 4, start, length, shift, residuals); break;
        default: join(planes, count, width, start, length, shift, residuals); break;
        }
        uint64_t previous = value;
        switch (order) {
        case 0:
            if (start == 0) previous = (uint64_t)first + (uint64_t)residuals[0];
            for (size_t index = 0; index < length; index++) {
                value = (uint64_t)first + (uint64_t)residuals[index];
                fell |= (int64_t)value < (int64_t)previous;
                previous = value;
                values[index] = (double)(int64_t)value;
            }
            break;
        case 1:
            if (start == 0) previous = value + (uint64_t)residuals[0];
            for (size_t index = 0; index < length; index++) {
                value += (uint64_t)residuals[index];
                fell |= (int64_t)value < (int64_t)previous;
                previous = value;
                values[index] = (double)(int64_t)value;
            }
            break;
        default:
            // The first value stands for itself.
            if (start == 0) values[0] = (double)(int64_t)value;
            for (size_t index = start == 0; index < length; index++) {
                delta += (uint64_t)residuals[index];
                value += delta;
                fell |= (int64_t)value < (int64_t)previous;
                previous = value;
                values[index] = (double)(int64_t)value;
            }
        }
        if (divisor != 1) {
            for (size_t index = 0; index < length; index++) values[index] /= divisor;
        }
    }
    return (uint32_t)fell;
}

// MARK: Sums

/// Knuth's two-sum for each element that is there, without branches.
INLINE uint32_t add(const double *values, size_t count, uint64_t absent, double *counts, double *sums, double *errors) {
    uint64_t overflowed = 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t bits;
        memcpy(&bits, values + index, 8);
        const uint64_t keep = bits == absent ? 0 : ~(uint64_t)0;
        const double value = values[index], sum = sums[index];
        const double total = sum + value, virtual = total - sum;
        const double error = (sum - (total - virtual)) + (value - virtual);
        uint64_t total_bits, sum_bits, error_bits, grown_bits;
        const double grown = errors[index] + error;
        memcpy(&total_bits, &total, 8);
        memcpy(&sum_bits, &sum, 8);
        memcpy(&grown_bits, &grown, 8);
        memcpy(&error_bits, errors + index, 8);
        total_bits = (total_bits & keep) | (sum_bits & ~keep);
        grown_bits = (grown_bits & keep) | (error_bits & ~keep);
        memcpy(sums + index, &total_bits, 8);
        memcpy(errors + index, &grown_bits, 8);
        counts[index] += keep ? 1.0 : 0.0;
        // A finite value made the sum infinite.
        const uint64_t exponent = (uint64_t)0x7ff << 52;
        overflowed |= keep & ((total_bits << 1) == exponent << 1 && (bits & exponent) != exponent ? ~(uint64_t)0 : 0);
    }
    return overflowed != 0;
}

// MARK: Regression

typedef double lanes __attribute__((vector_size(32)));
typedef int64_t integer_lanes __attribute__((vector_size(32)));

INLINE uint32_t regress(const int64_t *times, const double *values, size_t count, int64_t center, double first, double *sums) {
    lanes sum_x = {0}, sum_y = {0}, sum_xy = {0}, sum_xx = {0};
    integer_lanes differs = {0};
    size_t index = 0;
    for (; index + 4 <= count; index += 4) {
        integer_lanes time;
        lanes x, y;
        memcpy(&time, times + index, sizeof time);
        memcpy(&y, values + index, sizeof y);
        // 1.5 * 2^52 plus a small integer has that integer in its lowest bits.
        time = time - center + 0x4338000000000000;
        memcpy(&x, &time, sizeof x);
        x = x - 0x1.8p52;
        y = y - first;
        differs |= y != 0;
        sum_x += x;
        sum_y += y;
        sum_xy += x * y;
        sum_xx += x * x;
    }
    sums[0] = sums[1] = sums[2] = sums[3] = 0;
    uint32_t any = 0;
    for (int lane = 0; lane < 4; lane++) {
        sums[0] += sum_x[lane];
        sums[1] += sum_y[lane];
        sums[2] += sum_xy[lane];
        sums[3] += sum_xx[lane];
        any |= differs[lane] != 0;
    }
    for (; index < count; index++) {
        const double x = (double)(times[index] - center), y = values[index] - first;
        any |= y != 0;
        sums[0] += x;
        sums[1] += y;
        sums[2] += x * y;
        sums[3] += x * x;
    }
    return any;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint32_t regress_avx2(
    const int64_t *times, const double *values, size_t count, int64_t center, double first, double *sums
) {
    return regress(times, values, count, center, first, sums);
}

__attribute__((target("avx2"))) static uint32_t decode_avx2(
    const uint8_t *planes, size_t count, unsigned width, unsigned order, unsigned shift, int64_t first, int64_t first_delta, double divisor,
    double *target
) {
    return decode(planes, count, width, order, shift, first, first_delta, divisor, target);
}

__attribute__((target("avx2"))) static uint32_t add_avx2(
    const double *values, size_t count, uint64_t absent, double *counts, double *sums, double *errors
) {
    return add(values, count, absent, counts, sums, errors);
}

static int has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#else
#define decode_avx2 decode
#define add_avx2 add
#define regress_avx2 regress
static int has_avx2(void) { return 0; }
#endif

uint32_t csystem_decode_decimals(
    const uint8_t *planes, size_t count, unsigned width, unsigned order, unsigned shift, int64_t first, int64_t first_delta, double divisor,
    double *target
) {
    return has_avx2() ? decode_avx2(planes, count, width, order, shift, first, first_delta, divisor, target)
                      : decode(planes, count, width, order, shift, first, first_delta, divisor, target);
}

uint32_t csystem_add_column(
    const double *restrict values, size_t count, uint64_t absent, double *restrict counts, double *restrict sums, double *restrict errors
) {
    return has_avx2() ? add_avx2(values, count, absent, counts, sums, errors) : add(values, count, absent, counts, sums, errors);
}

uint32_t csystem_regression_sums(
    const int64_t *times, const double *values, size_t count, int64_t center, double first, double *sums
) {
    return has_avx2() ? regress_avx2(times, values, count, center, first, sums) : regress(times, values, count, center, first, sums);
}

/* Sums to whole numbers: half to even, what is out of range to the nearest limit. */

#include "loops.h"

#include <math.h>
#include <string.h>

#define ROUNDED 256 /* values that are rounded at a time */

/* sums / divisor as S, a float type that holds the sums: the quotient's own rounding moves none past
   a tie while a sum has fewer bits than S, less one. */
#define DIVIDE(NAME, I, S, O, LOW, HIGH, MAGIC)                                                    \
    FOR_EACH_CPU static void NAME(const void *sums_, double divisor_, void *out_, size_t count) {  \
        const I *sums = sums_;                                                                     \
        const S divisor = (S)divisor_;                                                             \
        O *out = out_;                                                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            S value = (S)sums[i] / divisor;                                                        \
            value = value < LOW ? LOW : value;                                                     \
            value = value > HIGH ? HIGH : value;                                                   \
            out[i] = (O)(int32_t)((value + MAGIC) - MAGIC);                                        \
        }                                                                                          \
    }

/* sums / divisor, computed as S. */
#define QUOTIENT(NAME, I, S, O)                                                                    \
    FOR_EACH_CPU static void NAME(const void *sums_, double divisor, void *out_, size_t count) {   \
        const I *sums = sums_;                                                                     \
        O *out = out_;                                                                             \
        for (size_t i = 0; i < count; i++)                                                         \
            out[i] = (O)((S)sums[i] / (S)divisor);                                                 \
    }

#define DIVIDE_INTO_EACH(NAME, I, S, MAGIC)                                                        \
    DIVIDE(NAME##_uint8, I, S, uint8_t, 0, 255, MAGIC)                                             \
    DIVIDE(NAME##_int8, I, S, int8_t, -128, 127, MAGIC)                                            \
    DIVIDE(NAME##_uint16, I, S, uint16_t, 0, 65535, MAGIC)                                         \
    DIVIDE(NAME##_int16, I, S, int16_t, -32768, 32767, MAGIC)                                      \
    QUOTIENT(NAME##_float32, I, float, float)                                                      \
    QUOTIENT(NAME##_float64, I, double, double)

DIVIDE_INTO_EACH(divide_int16, int16_t, float, ROUND_FLOAT)
DIVIDE_INTO_EACH(divide_uint16, uint16_t, float, ROUND_FLOAT)
DIVIDE_INTO_EACH(divide_int32, int32_t, double, ROUND_DOUBLE)
DIVIDE_INTO_EACH(divide_uint32, uint32_t, double, ROUND_DOUBLE)

typedef void Divide(const void *, double, void *, size_t);

#define EACH(NAME)                                                                                 \
    { NAME##_uint8, NAME##_int8, NAME##_uint16, NAME##_int16, NAME##_float32, NAME##_float64 }

static Divide *const DIVIDES[4][6] = {EACH(divide_int16), EACH(divide_uint16), EACH(divide_int32),
                                      EACH(divide_uint32)};

/* sums as they are, where `divisor` is 1. LEAST and MOST are the limits of I. */
#define SATURATE(NAME, I, LEAST, MOST, O, LOW, HIGH)                                               \
    FOR_EACH_CPU static void NAME(const void *sums_, double divisor, void *out_, size_t count) {   \
        (void)divisor;                                                                             \
        const I *sums = sums_;                                                                     \
        const I low = (I)((LOW) > (LEAST) ? (LOW) : (LEAST));                                      \
        const I high = (I)((HIGH) < (MOST) ? (HIGH) : (MOST));                                     \
        O *out = out_;                                                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            I value = sums[i] < low ? low : sums[i];                                               \
            out[i] = (O)(value > high ? high : value);                                             \
        }                                                                                          \
    }

#define CONVERT(NAME, I, O)                                                                        \
    FOR_EACH_CPU static void NAME(const void *sums_, double divisor, void *out_, size_t count) {   \
        (void)divisor;                                                                             \
        const I *sums = sums_;                                                                     \
        O *out = out_;                                                                             \
        for (size_t i = 0; i < count; i++)                                                         \
            out[i] = (O)sums[i];                                                                   \
    }

#define SATURATE_INTO_EACH(NAME, I, LEAST, MOST)                                                   \
    SATURATE(NAME##_uint8, I, LEAST, MOST, uint8_t, 0, 255)                                        \
    SATURATE(NAME##_int8, I, LEAST, MOST, int8_t, -128, 127)                                       \
    SATURATE(NAME##_uint16, I, LEAST, MOST, uint16_t, 0, 65535)                                    \
    SATURATE(NAME##_int16, I, LEAST, MOST, int16_t, -32768, 32767)                                 \
    CONVERT(NAME##_float32, I, float)                                                              \
    CONVERT(NAME##_float64, I, double)

SATURATE_INTO_EACH(saturate_int16, int16_t, INT16_MIN, INT16_MAX)
SATURATE_INTO_EACH(saturate_uint16, uint16_t, 0, UINT16_MAX)
SATURATE_INTO_EACH(saturate_int32, int32_t, INT32_MIN, INT32_MAX)
SATURATE_INTO_EACH(saturate_uint32, uint32_t, INT64_C(0), INT64_C(0xFFFFFFFF))

static Divide *const SATURATES[4][6] = {EACH(saturate_int16), EACH(saturate_uint16),
                                        EACH(saturate_int32), EACH(saturate_uint32)};

void divide_row(Whole type, const void *sums, double divisor, Pixels to, void *out, size_t count) {
    (divisor == 1 ? SATURATES : DIVIDES)[type][to](sums, divisor, out, count);
}

static inline float limited(float value, float low, float high) {
    value = value > low ? value : low; /* NaN, too, is not above it */
    return value < high ? value : high;
}

/* Floats, and how many of them lie within `margin` of a tie between two numbers in range. */
#define ROUND(NAME, O, LOW, HIGH)                                                                  \
    FOR_EACH_CPU static size_t NAME(const float *values, float margin, void *out_, size_t count) { \
        O *out = out_;                                                                             \
        uint32_t clear = 0;                                                                        \
        for (size_t i = 0; i < count; i++) {                                                       \
            float value = limited(values[i], LOW - 1 - margin, HIGH + 1 + margin);                 \
            float rounded = (value + ROUND_FLOAT) - ROUND_FLOAT;                                   \
            clear += fabsf(value - rounded) <= 0.5f - margin;                                      \
            out[i] = (O)(int32_t)limited(rounded, LOW, HIGH);                                      \
        }                                                                                          \
        return count - clear;                                                                      \
    }

ROUND(round_uint8, uint8_t, 0, 255)
ROUND(round_int8, int8_t, -128, 127)
ROUND(round_uint16, uint16_t, 0, 65535)
ROUND(round_int16, int16_t, -32768, 32767)

typedef size_t Round(const float *, float, void *, size_t);

/* Flags of those that ROUND counts. */
FOR_EACH_CPU static void flag(const float *values, float margin, float low, float high,
                              uint8_t *flags, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float value = limited(values[i], low - 1 - margin, high + 1 + margin);
        float rounded = (value + ROUND_FLOAT) - ROUND_FLOAT;
        flags[i] = fabsf(value - rounded) > 0.5f - margin;
    }
}

/* The places of the flags, from `first` on. */
static void places_of(const uint8_t *flags, int64_t first, size_t count, int64_t *places) {
    uint64_t eight;
    for (size_t i = 0; i < count; i += sizeof eight) {
        size_t size = count - i < sizeof eight ? count - i : sizeof eight;
        eight = 0;
        memcpy(&eight, flags + i, size);
        for (size_t k = 0; eight && k < size; k++)
            if (flags[i + k])
                *places++ = first + (int64_t)(i + k);
    }
}

size_t round_row(const float *values, float margin, Pixels to, void *out, size_t count,
                 int64_t first, int64_t *places, size_t room) {
    static Round *const rounds[] = {round_uint8, round_int8, round_uint16, round_int16};
    static const size_t sizes[] = {1, 1, 2, 2};
    static const float low[] = {0, -128, 0, -32768}, high[] = {255, 127, 65535, 32767};
    uint8_t flags[ROUNDED];
    size_t found = 0;
    for (size_t i = 0; i < count; i += ROUNDED) {
        size_t some = count - i < ROUNDED ? count - i : ROUNDED;
        size_t near = rounds[to](values + i, margin, (char *)out + i * sizes[to], some);
        if (near && found + near <= room) {
            flag(values + i, margin, low[to], high[to], flags, some);
            places_of(flags, first + (int64_t)i, some, places + found);
        }
        found += near;
    }
    return found;
}

QUOTIENT(quotient_float32, float, float, float)
QUOTIENT(quotient_float64_float32, double, double, float)
QUOTIENT(quotient_float64, double, double, double)

void quotient_row(char from, char to, const void *sums, double divisor, void *out, size_t count) {
    if (from == 'f')
        quotient_float32(sums, divisor, out, count);
    else
        (to == 'f' ? quotient_float64_float32 : quotient_float64)(sums, divisor, out, count);
}

size_t finish_row(const Finish *finish, void *sums, void *out, size_t count, size_t row,
                  size_t found) {
    if (finish->whole) {
        divide_row(finish->type, sums, finish->divisor, finish->to, out, count);
        return 0;
    }
    if (finish->to == AS_FLOAT32 || finish->to == AS_FLOAT64) {
        char type = finish->to == AS_FLOAT32 ? 'f' : 'd';
        quotient_row(type, type, sums, finish->divisor, out, count);
        return 0;
    }
    if (finish->divisor != 1)
        quotient_row('f', 'f', sums, finish->divisor, sums, count);
    size_t taken = found < finish->room ? found : finish->room;
    return round_row(sums, finish->margin, finish->to, out, count, (int64_t)(row * count),
                     finish->places + taken, finish->room - taken);
}

/* The largest magnitude as bits, which are in the order of the magnitudes; NaN is above all. */
#define PEAK(NAME, I, SIGN)                                                                        \
    FOR_EACH_CPU static I NAME(const void *values_, size_t count) {                                \
        const I *values = values_;                                                                 \
        I largest = 0;                                                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            I bits = values[i] & ~(SIGN);                                                          \
            largest = bits > largest ? bits : largest;                                             \
        }                                                                                          \
        return largest;                                                                            \
    }

PEAK(peak_float32, uint32_t, UINT32_C(1) << 31)
PEAK(peak_float64, uint64_t, UINT64_C(1) << 63)

double peak(char type, const void *values, size_t count) {
    if (type == 'd') {
        uint64_t bits = peak_float64(values, count);
        double found;
        memcpy(&found, &bits, sizeof found);
        return found;
    }
    uint32_t bits = peak_float32(values, count);
    float found;
    memcpy(&found, &bits, sizeof found);
    return (double)found;
}

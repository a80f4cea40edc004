/* Sums to whole numbers: half to even, what is out of range to the nearest limit.

   A float is rounded by adding a number so large that no bits are left behind the point, and taking
   it away again: the processor rounds the sum half to even. */

#include "loops.h"

#define ROUND_FLOAT 12582912.0f         /* 1.5 * 2**23: for floats below 2**22 */
#define ROUND_DOUBLE 6755399441055744.0 /* 1.5 * 2**52: for doubles below 2**51 */

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

#define DIVIDE_INTO_EACH(NAME, I, S, MAGIC)                                                        \
    DIVIDE(NAME##_uint8, I, S, uint8_t, 0, 255, MAGIC)                                             \
    DIVIDE(NAME##_int8, I, S, int8_t, -128, 127, MAGIC)                                            \
    DIVIDE(NAME##_uint16, I, S, uint16_t, 0, 65535, MAGIC)                                         \
    DIVIDE(NAME##_int16, I, S, int16_t, -32768, 32767, MAGIC)

DIVIDE_INTO_EACH(divide_int16, int16_t, float, ROUND_FLOAT)
DIVIDE_INTO_EACH(divide_uint16, uint16_t, float, ROUND_FLOAT)
DIVIDE_INTO_EACH(divide_int32, int32_t, double, ROUND_DOUBLE)
DIVIDE_INTO_EACH(divide_uint32, uint32_t, double, ROUND_DOUBLE)

typedef void Divide(const void *, double, void *, size_t);

#define EACH(NAME)                                                                                 \
    { NAME##_uint8, NAME##_int8, NAME##_uint16, NAME##_int16 }

static Divide *const DIVIDES[4][4] = {EACH(divide_int16), EACH(divide_uint16), EACH(divide_int32),
                                      EACH(divide_uint32)};

void divide_row(Whole type, const void *sums, double divisor, Pixels to, void *out, size_t count) {
    DIVIDES[type][to](sums, divisor, out, count);
}

static inline float limited(float value, float low, float high) {
    value = value > low ? value : low; /* NaN, too, is not above it */
    return value < high ? value : high;
}

static inline float distance(float one, float other) {
    return one < other ? other - one : one - other;
}

/* Floats, and how many of them lie within `margin` of a tie between two numbers in range. */
#define ROUND(NAME, O, LOW, HIGH)                                                                  \
    FOR_EACH_CPU static size_t NAME(const float *values, float margin, void *out_, size_t count) { \
        O *out = out_;                                                                             \
        uint32_t near = 0;                                                                         \
        for (size_t i = 0; i < count; i++) {                                                       \
            float value = limited(values[i], LOW - 1 - margin, HIGH + 1 + margin);                 \
            float rounded = (value + ROUND_FLOAT) - ROUND_FLOAT;                                   \
            near += distance(value, rounded) > 0.5f - margin;                                      \
            out[i] = (O)(int32_t)limited(rounded, LOW, HIGH);                                      \
        }                                                                                          \
        return near;                                                                               \
    }

ROUND(round_uint8, uint8_t, 0, 255)
ROUND(round_int8, int8_t, -128, 127)
ROUND(round_uint16, uint16_t, 0, 65535)
ROUND(round_int16, int16_t, -32768, 32767)

typedef size_t Round(const float *, float, void *, size_t);

size_t round_row(const float *values, float margin, Pixels to, void *out, size_t count) {
    static Round *const rounds[] = {round_uint8, round_int8, round_uint16, round_int16};
    return rounds[to](values, margin, out, count);
}

void near_ties(const float *values, float margin, Pixels to, int64_t first, size_t count,
               int64_t *places) {
    static const float low[] = {0, -128, 0, -32768}, high[] = {255, 127, 65535, 32767};
    for (size_t i = 0; i < count; i++) {
        float value = limited(values[i], low[to] - 1 - margin, high[to] + 1 + margin);
        float rounded = (value + ROUND_FLOAT) - ROUND_FLOAT;
        if (distance(value, rounded) > 0.5f - margin)
            *places++ = first + (int64_t)i;
    }
}

/* Values to pixels from 0 to the type's largest, and how many were below, above and NaN. */
#define CLIP_WHOLE(NAME, I, O, TOP)                                                                \
    FOR_EACH_CPU static void NAME(const void *values_, void *out_, size_t count, size_t lost[3]) { \
        const I *values = values_;                                                                 \
        O *out = out_;                                                                             \
        uint32_t below = 0, above = 0;                                                             \
        for (size_t i = 0; i < count; i++) {                                                       \
            I value = values[i];                                                                   \
            below += value < 0;                                                                    \
            above += value > TOP;                                                                  \
            out[i] = (O)(value < 0 ? 0 : value > TOP ? TOP : value);                               \
        }                                                                                          \
        lost[0] += below, lost[1] += above;                                                        \
    }

#define CLIP_FLOAT(NAME, I, O, TOP, MAGIC)                                                         \
    FOR_EACH_CPU static void NAME(const void *values_, void *out_, size_t count, size_t lost[3]) { \
        const I *values = values_;                                                                 \
        O *out = out_;                                                                             \
        uint32_t below = 0, above = 0, undefined = 0;                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            I value = values[i];                                                                   \
            below += value < (I)-0.5;                                                              \
            above += value >= (I)(TOP + 0.5);                                                      \
            undefined += value != value;                                                           \
            value = value > 0 ? value : 0; /* NaN, too, is not above 0 */                          \
            value = value > TOP ? TOP : value;                                                     \
            out[i] = (O)(int32_t)((value + MAGIC) - MAGIC);                                        \
        }                                                                                          \
        lost[0] += below, lost[1] += above, lost[2] += undefined;                                  \
    }

CLIP_WHOLE(clip_int16_uint8, int16_t, uint8_t, 255)
CLIP_WHOLE(clip_int32_uint8, int32_t, uint8_t, 255)
CLIP_WHOLE(clip_int32_uint16, int32_t, uint16_t, 65535)
CLIP_FLOAT(clip_float32_uint8, float, uint8_t, 255, ROUND_FLOAT)
CLIP_FLOAT(clip_float32_uint16, float, uint16_t, 65535, ROUND_FLOAT)
CLIP_FLOAT(clip_float64_uint8, double, uint8_t, 255, ROUND_DOUBLE)
CLIP_FLOAT(clip_float64_uint16, double, uint16_t, 65535, ROUND_DOUBLE)

void clip_row(char from, char to, const void *values, void *out, size_t count, size_t lost[3]) {
    switch (from << 8 | to) {
    case 'h' << 8 | 'B': clip_int16_uint8(values, out, count, lost); break;
    case 'i' << 8 | 'B': clip_int32_uint8(values, out, count, lost); break;
    case 'i' << 8 | 'H': clip_int32_uint16(values, out, count, lost); break;
    case 'f' << 8 | 'B': clip_float32_uint8(values, out, count, lost); break;
    case 'f' << 8 | 'H': clip_float32_uint16(values, out, count, lost); break;
    case 'd' << 8 | 'B': clip_float64_uint8(values, out, count, lost); break;
    case 'd' << 8 | 'H': clip_float64_uint16(values, out, count, lost); break;
    }
}

/* Values to pixels: as they are, or stretched so that the extremes become black and white. */

#include "loops.h"

#include <math.h>
#include <string.h>

/* From 0 to the type's largest, and how many were below, above and NaN. */
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


#define STRETCH(NAME, I, O)                                                                        \
    FOR_EACH_CPU static void NAME(const void *values_, void *out_, size_t count,                   \
                                  const Stretch *stretch, size_t lost[3]) {                        \
        const I *values = values_;                                                                 \
        O *out = out_;                                                                             \
        const double low = stretch->low, high = stretch->high, scale = stretch->scale;             \
        const double black = stretch->black, span = stretch->white - black, range = high - low;    \
        uint32_t below = 0, above = 0, undefined = 0;                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            double value = (double)values[i] * scale;                                              \
            below += value < low;                                                                  \
            above += value > high;                                                                 \
            undefined += value != value;                                                           \
            double kept = value > low ? value : low;                                               \
            kept = kept < high ? kept : high;                                                      \
            double shown = (kept - low) * span / range + black;                                    \
            shown = value == value ? shown : 0;                                                    \
            out[i] = (O)(int32_t)((shown + ROUND_DOUBLE) - ROUND_DOUBLE);                          \
        }                                                                                          \
        lost[0] += below, lost[1] += above, lost[2] += undefined;                                  \
    }

STRETCH(stretch_int16_uint8, int16_t, uint8_t)
STRETCH(stretch_int16_uint16, int16_t, uint16_t)
STRETCH(stretch_int32_uint8, int32_t, uint8_t)
STRETCH(stretch_int32_uint16, int32_t, uint16_t)
STRETCH(stretch_float32_uint8, float, uint8_t)
STRETCH(stretch_float32_uint16, float, uint16_t)
STRETCH(stretch_float64_uint8, double, uint8_t)
STRETCH(stretch_float64_uint16, double, uint16_t)

void stretch_row(char from, char to, const void *values, void *out, size_t count,
                 const Stretch *stretch, size_t lost[3]) {
    switch (from << 8 | to) {
    case 'h' << 8 | 'B': stretch_int16_uint8(values, out, count, stretch, lost); break;
    case 'h' << 8 | 'H': stretch_int16_uint16(values, out, count, stretch, lost); break;
    case 'i' << 8 | 'B': stretch_int32_uint8(values, out, count, stretch, lost); break;
    case 'i' << 8 | 'H': stretch_int32_uint16(values, out, count, stretch, lost); break;
    case 'f' << 8 | 'B': stretch_float32_uint8(values, out, count, stretch, lost); break;
    case 'f' << 8 | 'H': stretch_float32_uint16(values, out, count, stretch, lost); break;
    case 'd' << 8 | 'B': stretch_float64_uint8(values, out, count, stretch, lost); break;
    case 'd' << 8 | 'H': stretch_float64_uint16(values, out, count, stretch, lost); break;
    }
}

/* The smallest and the largest finite value. Bits as whole numbers are in the order of the values
   once those below 0 are turned round. */
#define EXTREMES(NAME, I, B, SIGN, EXPONENT)                                                       \
    FOR_EACH_CPU static void NAME(const void *values_, size_t count, double ends[2]) {             \
        const B *values = values_, magnitude = (B)((SIGN) - 1), special = EXPONENT;                \
        B low = magnitude, high = (B)~magnitude;                                                   \
        for (size_t i = 0; i < count; i++) {                                                       \
            B bits = values[i];                                                                    \
            int finite = (bits & special) != special;                                              \
            bits ^= bits < 0 ? magnitude : 0;                                                      \
            low = finite && bits < low ? bits : low;                                               \
            high = finite && bits > high ? bits : high;                                            \
        }                                                                                          \
        B found[2] = {low, high};                                                                  \
        for (int k = 0; k < 2; k++) {                                                              \
            I value;                                                                               \
            found[k] ^= found[k] < 0 ? magnitude : 0;                                              \
            memcpy(&value, &found[k], sizeof value);                                               \
            if (low <= high)                                                                       \
                ends[k] = (double)value;                                                           \
        }                                                                                          \
    }

EXTREMES(extremes_float32, float, int32_t, UINT32_C(1) << 31, 0x7F800000)
EXTREMES(extremes_float64, double, int64_t, UINT64_C(1) << 63, 0x7FF0000000000000)

void extremes(char type, const void *values, size_t count, double ends[2]) {
    ends[0] = INFINITY, ends[1] = -INFINITY;
    (type == 'f' ? extremes_float32 : extremes_float64)(values, count, ends);
}

/* Windows merged into one value each: their rows into a line, then neighbours along the line.

   Both are one loop, over values that lie together: windows begin at every position of a line, and
   those that a stride passes over are left out afterwards. */

#include "loops.h"

#include <string.h>

#define AT_ONCE 1024 /* values, which stay in the nearest cache from tap to tap */

typedef void MergeRow(const void *, size_t taps, size_t dilation, void *, size_t count);

/* out[x] = source[x], source[dilation + x], ..., of type I, merged as values of type O. */
#define MERGE(NAME, I, O, MERGED)                                                                  \
    FOR_EACH_CPU static void NAME(const void *source_, size_t taps, size_t dilation, void *out_,   \
                                  size_t count) {                                                  \
        for (size_t first = 0; first < count; first += AT_ONCE) {                                  \
            size_t length = count - first < AT_ONCE ? count - first : AT_ONCE;                     \
            const I *restrict source = (const I *)source_ + first;                                 \
            O *restrict out = (O *)out_ + first;                                                   \
            if (taps == 1)                                                                         \
                for (size_t x = 0; x < length; x++)                                                \
                    out[x] = (O)source[x];                                                         \
            else                                                                                   \
                for (size_t x = 0; x < length; x++) {                                              \
                    O a = (O)source[x], b = (O)source[dilation + x];                               \
                    out[x] = (O)(MERGED);                                                          \
                }                                                                                  \
            for (size_t tap = 2; tap < taps; tap++)                                                \
                for (size_t x = 0; x < length; x++) {                                              \
                    O a = out[x], b = (O)source[tap * dilation + x];                               \
                    out[x] = (O)(MERGED);                                                          \
                }                                                                                  \
        }                                                                                          \
    }

/* NaN with anything gives NaN. */
#define MERGE_EXTREMES(NAME, T)                                                                    \
    MERGE(largest_##NAME, T, T, ((a > b) | (a != a)) ? a : b)                                      \
    MERGE(smallest_##NAME, T, T, ((a < b) | (a != a)) ? a : b)

MERGE_EXTREMES(uint8, uint8_t)
MERGE_EXTREMES(int8, int8_t)
MERGE_EXTREMES(uint16, uint16_t)
MERGE_EXTREMES(int16, int16_t)
MERGE_EXTREMES(uint32, uint32_t)
MERGE_EXTREMES(int32, int32_t)
MERGE_EXTREMES(float32, float)
MERGE_EXTREMES(float64, double)

MERGE(sum_uint8_int16, uint8_t, int16_t, a + b)
MERGE(sum_uint8_int32, uint8_t, int32_t, a + b)
MERGE(sum_int8_int16, int8_t, int16_t, a + b)
MERGE(sum_int8_int32, int8_t, int32_t, a + b)
MERGE(sum_uint16_int32, uint16_t, int32_t, a + b)
MERGE(sum_int16_int16, int16_t, int16_t, a + b)
MERGE(sum_int16_int32, int16_t, int32_t, a + b)
MERGE(sum_int32_int32, uint32_t, uint32_t, a + b) /* modulo 2**32, as signed ones would be */
MERGE(sum_float32_float32, float, float, a + b)
MERGE(sum_float64_float64, double, double, a + b)

static const struct {
    Merge merge;
    char from, to;
    MergeRow *row;
} MERGES[] = {
    {LARGEST, 'B', 'B', largest_uint8},     {SMALLEST, 'B', 'B', smallest_uint8},
    {LARGEST, 'b', 'b', largest_int8},      {SMALLEST, 'b', 'b', smallest_int8},
    {LARGEST, 'H', 'H', largest_uint16},    {SMALLEST, 'H', 'H', smallest_uint16},
    {LARGEST, 'h', 'h', largest_int16},     {SMALLEST, 'h', 'h', smallest_int16},
    {LARGEST, 'I', 'I', largest_uint32},    {SMALLEST, 'I', 'I', smallest_uint32},
    {LARGEST, 'i', 'i', largest_int32},     {SMALLEST, 'i', 'i', smallest_int32},
    {LARGEST, 'f', 'f', largest_float32},   {SMALLEST, 'f', 'f', smallest_float32},
    {LARGEST, 'd', 'd', largest_float64},   {SMALLEST, 'd', 'd', smallest_float64},
    {SUM, 'B', 'h', sum_uint8_int16},       {SUM, 'B', 'i', sum_uint8_int32},
    {SUM, 'b', 'h', sum_int8_int16},        {SUM, 'b', 'i', sum_int8_int32},
    {SUM, 'H', 'i', sum_uint16_int32},      {SUM, 'h', 'i', sum_int16_int32},
    {SUM, 'h', 'h', sum_int16_int16},       {SUM, 'i', 'i', sum_int32_int32},
    {SUM, 'f', 'f', sum_float32_float32},   {SUM, 'd', 'd', sum_float64_float64},
};

static MergeRow *merge_of(Merge merge, char from, char to) {
    for (size_t i = 0; i < sizeof MERGES / sizeof *MERGES; i++)
        if (MERGES[i].merge == merge && MERGES[i].from == from && MERGES[i].to == to)
            return MERGES[i].row;
    return NULL;
}

/* Every `step`-th value, or pixel of `channels` values; a constant step has a loop of its own. */
#define PICK(NAME, T)                                                                              \
    FOR_EACH_CPU static void NAME(const void *from_, size_t channels, size_t step, void *out_,     \
                                  size_t count) {                                                  \
        const T *restrict from = from_;                                                            \
        T *restrict out = out_;                                                                    \
        if (channels == 1 && step == 2)                                                            \
            for (size_t x = 0; x < count; x++)                                                     \
                out[x] = from[2 * x];                                                              \
        else if (channels == 3)                                                                    \
            for (size_t x = 0; x < count; x += 3, from += step)                                    \
                out[x] = from[0], out[x + 1] = from[1], out[x + 2] = from[2];                      \
        else                                                                                       \
            for (size_t x = 0; x < count; x += channels, from += step)                             \
                for (size_t c = 0; c < channels; c++)                                              \
                    out[x + c] = from[c];                                                          \
    }

PICK(pick_1, uint8_t)
PICK(pick_2, uint16_t)
PICK(pick_4, uint32_t)
PICK(pick_8, uint64_t)

typedef void Pick(const void *, size_t, size_t, void *, size_t);

static void divide_sums(char from, char to, const void *sums, double divisor, void *out,
                        size_t count) {
    if (from == 'h' || from == 'i')
        divide_row(from == 'h' ? WHOLE_INT16 : WHOLE_INT32, sums, divisor,
                   to == 'f' ? AS_FLOAT32 : AS_FLOAT64, out, count);
    else
        quotient_row(from, to, sums, divisor, out, count);
}

int can_pool(Merge merge, char from, char to, char out, int divided) {
    if (!merge_of(merge, from, to))
        return 0;
    if (!divided)
        return out == to;
    return merge == SUM && (out == 'f' || (out == 'd' && to != 'f'));
}

static size_t size_of(char type) {
    return strchr("Bb", type) ? 1 : strchr("Hh", type) ? 2 : type == 'd' ? 8 : 4;
}

void pool_band(const Pools *pools) {
    static Pick *const picks[] = {[1] = pick_1, [2] = pick_2, [4] = pick_4, [8] = pick_8};
    const Windows *down = &pools->down, *along = &pools->along;
    const size_t size = size_of(pools->to), pixel = pools->channels;
    const size_t wide = pools->wide, merged = wide - (along->taps - 1) * along->dilation;
    MergeRow *merge_down = merge_of(pools->merge, pools->from, pools->to);
    MergeRow *merge_along = merge_of(pools->merge, pools->to, pools->to);
    const int picked = along->step != pixel;
    char *line = pools->scratch, *windows = line + wide * size;
    for (size_t row = 0; row < pools->rows; row++) {
        const char *source =
            (const char *)pools->source + row * down->step * size_of(pools->from);
        char *out = (char *)pools->out + (ptrdiff_t)row * pools->out_step;
        char *sums = pools->divisor != 0 ? line : out; /* line is free again by then */
        merge_down(source, down->taps, down->dilation, line, wide);
        if (picked) {
            merge_along(line, along->taps, along->dilation, windows, merged);
            picks[size](windows, pixel, along->step, sums, pools->columns);
        } else {
            sums = pools->divisor != 0 ? windows : out;
            merge_along(line, along->taps, along->dilation, sums, merged);
        }
        if (pools->divisor != 0)
            divide_sums(pools->to, pools->out_type, sums, pools->divisor, out, pools->columns);
    }
}

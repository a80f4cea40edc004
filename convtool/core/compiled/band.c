/* A band of sums, row by row: pixels are widened to the sums' type, a few rows at a time, correlated
   and finished, all of it while it is in the cache. */

#include "loops.h"

#include <string.h>

/* Pixels as the sums' type; what it does not hold goes modulo its range. */
#define WIDEN(NAME, I, O)                                                                          \
    FOR_EACH_CPU static void NAME(const void *from_, void *to_, size_t count) {                    \
        const I *from = from_;                                                                     \
        O *to = to_;                                                                               \
        for (size_t i = 0; i < count; i++)                                                         \
            to[i] = (O)from[i];                                                                    \
    }

#define WIDEN_TO_EACH(NAME, I)                                                                     \
    WIDEN(NAME##_int16, I, int16_t)                                                                \
    WIDEN(NAME##_int32, I, int32_t)                                                                \
    WIDEN(NAME##_float32, I, float)                                                                \
    WIDEN(NAME##_float64, I, double)

WIDEN_TO_EACH(widen_uint8, uint8_t)
WIDEN_TO_EACH(widen_int8, int8_t)
WIDEN_TO_EACH(widen_uint16, uint16_t)
WIDEN_TO_EACH(widen_int16, int16_t)

typedef void Widen(const void *, void *, size_t);

#define EACH(NAME) {NAME##_int16, NAME##_int32, NAME##_float32, NAME##_float64}

/* By Pixels and Sums. */
static Widen *const WIDENS[4][4] = {EACH(widen_uint8), EACH(widen_int8), EACH(widen_uint16),
                                    EACH(widen_int16)};
static const size_t PIXEL_SIZES[] = {1, 1, 2, 2}, SUM_SIZES[] = {2, 4, 4, 8};

size_t scratch_needed(const Band *band) {
    return (band->finish ? band->columns : 0) + (band->along.taps ? band->wide : 0) +
           (band->widen ? band->span : 0);
}

/* One row of sums, the first of whose windows begins at `source`. */
static void sum_row(const Band *band, const void *source, void *line, void *out) {
    if (band->along.taps) {
        correlate_row(band->type, source, line, band->wide, &band->down);
        correlate_row(band->type, line, out, band->columns, &band->along);
    } else {
        correlate_row(band->type, source, out, band->columns, &band->down);
    }
}

size_t correlate_band(const Band *band) {
    const size_t size = SUM_SIZES[band->type], step = band->step;
    char *sums = band->scratch;
    char *line = sums + (band->finish ? band->columns : 0) * size;
    char *widened = line + (band->along.taps ? band->wide : 0) * size;
    size_t most = band->rows; /* at a time */
    if (band->widen && step)
        most = (band->room - (size_t)(widened - sums) / size - band->span) / step + 1;
    size_t held = 0, found = 0; /* values that are widened already; sums next to a tie */
    for (size_t first = 0; first < band->rows; first += most) {
        size_t count = band->rows - first < most ? band->rows - first : most;
        size_t length = (count - 1) * step + band->span, next = count * step;
        const char *source = widened;
        if (band->widen) {
            size_t start = first * step + held;
            WIDENS[band->from][band->type](
                (const char *)band->source + start * PIXEL_SIZES[band->from], widened + held * size,
                length - held);
        } else {
            source = (const char *)band->source + first * step * size;
        }
        for (size_t i = 0; i < count; i++) {
            char *out = (char *)band->out + (ptrdiff_t)(first + i) * band->out_step;
            sum_row(band, source + i * step * size, line, band->finish ? sums : out);
            if (band->finish)
                found += finish_row(band->finish, sums, out, band->columns, first + i, found);
        }
        held = band->widen && length > next ? length - next : 0;
        if (held)
            memmove(widened, widened + next * size, held * size);
    }
    return found;
}

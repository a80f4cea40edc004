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

/* Scratch holds a row of sums, two rows of sums down columns, and pixels as the sums' type. */
static size_t sums_needed(const Band *band) { return band->finish ? band->columns : 0; }

static size_t lines_needed(const Band *band) { return band->along.taps ? 2 * band->wide : 0; }

size_t scratch_needed(const Band *band) {
    return sums_needed(band) + lines_needed(band) + (band->widen ? band->span : 0);
}

/* Whether the taps down a column lie as far apart as the rows of sums do. */
static int in_step(const Band *band) {
    const Taps *down = &band->down;
    for (size_t t = 1; t < down->taps; t++)
        if (down->offsets[t] != down->offsets[t - 1] + (int64_t)band->step)
            return 0;
    return down->taps > 1;
}

/* One row or two, from number `first` on, whose windows begin at `source`. Returns `found` and how many
   more sums lie next to a tie. */
static size_t sum_rows(const Band *band, const char *source, size_t first, size_t count,
                       size_t found) {
    const size_t size = SUM_SIZES[band->type];
    char *sums = band->scratch, *lines = sums + sums_needed(band) * size;
    if (count == 2)
        correlate_two_rows(band->type, source, band->step, lines, band->wide, band->wide,
                           &band->down);
    else if (band->along.taps)
        correlate_row(band->type, source, lines, band->wide, &band->down);
    for (size_t i = 0; i < count; i++) {
        char *out = (char *)band->out + (ptrdiff_t)(first + i) * band->out_step;
        char *to = band->finish ? sums : out;
        if (band->along.taps)
            correlate_row(band->type, lines + i * band->wide * size, to, band->columns,
                          &band->along);
        else
            correlate_row(band->type, source, to, band->columns, &band->down);
        if (band->finish)
            found += finish_row(band->finish, sums, out, band->columns, first + i, found);
    }
    return found;
}

size_t correlate_band(const Band *band) {
    const size_t size = SUM_SIZES[band->type], step = band->step;
    const size_t before = sums_needed(band) + lines_needed(band);
    const size_t together = band->along.taps && in_step(band) ? 2 : 1;
    char *widened = (char *)band->scratch + before * size;
    size_t most = band->rows; /* at a time */
    if (band->widen && step)
        most = (band->room - before - band->span) / step + 1;
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
        for (size_t i = 0; i < count; i += together) {
            size_t some = count - i < together ? 1 : together;
            found = sum_rows(band, source + i * step * size, first + i, some, found);
        }
        held = band->widen && length > next ? length - next : 0;
        if (held)
            memmove(widened, widened + next * size, held * size);
    }
    return found;
}

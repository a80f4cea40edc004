/* What the loops are given, and how they are compiled. They check nothing: module.c does. */

#ifndef CONVTOOL_LOOPS_H
#define CONVTOOL_LOOPS_H

#include <stddef.h>
#include <stdint.h>

/* One body, compiled for several processors; the loader takes the best that this one has.
   It needs glibc's indirect functions. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(CONVTOOL_PLAIN)
#define CPUS 1
#define FOR_EACH_CPU __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CPUS 0
#define FOR_EACH_CPU
#endif

/* The processor's vectors that the loops use: "AVX-512", "AVX2", or "" for those that all have. */
const char *vectors(void);

/* A float is rounded by adding a number so large that no bits are left behind the point, and taking
   it away again: the processor rounds the sum half to even. */
#define ROUND_FLOAT 12582912.0f         /* 1.5 * 2**23: for floats below 2**22 */
#define ROUND_DOUBLE 6755399441055744.0 /* 1.5 * 2**52: for doubles below 2**51 */

typedef enum { INT16, INT32, FLOAT32, FLOAT64 } Sums;

/* Weighted sums of a plane: out[x] = sum of weights[t] * source[offsets[t] + x]. */
typedef struct {
    size_t taps;
    const int64_t *offsets; /* in values */
    const void *weights;    /* of the sums' type */
} Taps;

void correlate_row(Sums type, const void *source, void *out, size_t count, const Taps *taps);

/* Of two rows at once: taps lie `step` values apart, as the rows do, and the results `out_step`. */
void correlate_two_rows(Sums type, const void *source, size_t step, void *out, size_t out_step,
                        size_t count, const Taps *taps);

/* The same in double, of a few values: out[i] = sum of weights[t] * source[corners[i] + offsets[t]].
   The source's type is a letter of the struct module: B, b, H, h or f. */
void correlate_at(char type, const void *source, const int64_t *corners, double *out, size_t count,
                  const Taps *taps);

/* Whole sums over a divisor, rounded half to even and saturated, or as floats. */
typedef enum { WHOLE_INT16, WHOLE_UINT16, WHOLE_INT32, WHOLE_UINT32 } Whole;
typedef enum { UINT8, INT8, UINT16, INT16_PIXELS, AS_FLOAT32, AS_FLOAT64 } Pixels;

void divide_row(Whole type, const void *sums, double divisor, Pixels to, void *out, size_t count);

/* Floats over a divisor, f to f, or d to f or d, in the wider type; `out` may be `sums`. */
void quotient_row(char from, char to, const void *sums, double divisor, void *out, size_t count);

/* Floats, rounded and saturated. Returns how many lie within `margin` of a tie, in range; their
   places, counted from `first` on, are written where there is room for those of a piece. */
size_t round_row(const float *values, float margin, Pixels to, void *out, size_t count,
                 int64_t first, int64_t *places, size_t room);

/* How sums end: whole ones are divided; floats are divided and, where they become pixels, rounded. */
typedef struct {
    int whole;
    Whole type; /* of whole sums */
    double divisor;
    Pixels to;
    float margin; /* of floats, as for round_row */
    int64_t *places;
    size_t room;
} Finish;

/* A row of sums, which are lost, into `out`; returns how many lie next to a tie. `found` do so in the
   rows before this one, number `row`. */
size_t finish_row(const Finish *finish, void *sums, void *out, size_t count, size_t row,
                  size_t found);

/* A band of sums: out[r, x] = sum of down.weights[t] * source[r * step + down.offsets[t] + x], or, if
   `along` has taps, their weighted sums in turn. */
typedef struct {
    const void *source;
    int widen; /* whether source holds pixels, and not values of the sums' type */
    Pixels from;
    Sums type;
    Taps down, along;
    void *out;
    ptrdiff_t out_step; /* in bytes */
    size_t rows, columns, step;
    size_t wide; /* sums of `down` in a row */
    size_t span; /* values that they lie on */
    void *scratch;
    size_t room; /* values in scratch, as many as scratch_needed says, or more */
    const Finish *finish; /* NULL: sums stay as they are */
} Band;

size_t scratch_needed(const Band *band);

/* Returns how many sums lie next to a tie, see `Finish`. */
size_t correlate_band(const Band *band);

typedef enum { LARGEST, SMALLEST, SUM } Merge;

/* Windows along an axis: elements lie `dilation` values apart, windows begin `step` values apart. */
typedef struct {
    size_t taps, dilation, step;
} Windows;

/* A band of windows, each merged into one value; types are letters of the struct module. */
typedef struct {
    Merge merge;
    char from, to; /* of the pixels, and as which they are merged */
    const void *source;
    void *out;
    char out_type;
    ptrdiff_t out_step; /* in bytes */
    size_t rows, columns, channels;
    Windows down, along;
    double divisor; /* of sums, which become floats; 0: they stay as they are */
    size_t wide;    /* values of a row under windows */
    void *scratch;  /* for 2 * wide values */
} Pools;

/* Whether these types can be merged and written. */
int can_pool(Merge merge, char from, char to, char out, int divided);

void pool_band(const Pools *pools);

/* The value of a rank in each window: out[x] = that of source[offsets[k] + x], where all of them are
   after the comparisons, pairs of places, the smaller value to the first. */
enum { MOST_PLACES = 81 };

typedef struct {
    size_t places, comparisons;
    const int64_t *offsets, *pairs;
    size_t rank;
} Network;

/* Types are letters of the struct module: B, b, H, h, f or d, without NaN. */
void order_row(char type, const void *source, void *out, size_t count, const Network *network);

/* Values to pixels from 0 to the type's largest; adds up how many were below, above, and NaN.
   The types are letters of the struct module: h, i, f or d to B, and all but h to H. */
void clip_row(char from, char to, const void *values, void *out, size_t count, size_t lost[3]);

/* Values times `scale` to pixels: `low` becomes black, `high` white; NaN becomes 0. Adds up how many
   were below, above, and NaN. From h, i, f or d to B or H. */
typedef struct {
    double scale, low, high, black, white;
} Stretch;

void stretch_row(char from, char to, const void *values, void *out, size_t count,
                 const Stretch *stretch, size_t lost[3]);

/* The smallest and the largest finite one of floats, f or d; infinite, the wrong way round, if there
   is none. */
void extremes(char type, const void *values, size_t count, double ends[2]);

/* Grey, B or H, of pixels of red, green and blue, which are so many thousandths of it. */
void gray_row(char type, const void *colors, const int32_t parts[3], void *out, size_t count);

/* The largest magnitude of floats, f or d; NaN if there is one. */
double peak(char type, const void *values, size_t count);

/* PNG's row filters (ISO/IEC 15948, clause 9): rows of `size` bytes, pixels of `step` bytes. */
enum { NONE, SUB, UP, AVERAGE, PAETH };

/* False where there is no filter of this kind. `row` may not overlap the others. */
int undo_filter(int kind, const uint8_t *filtered, const uint8_t *above, uint8_t *row, size_t size,
                size_t step);
int apply_filter(int kind, const uint8_t *row, const uint8_t *above, uint8_t *filtered, size_t size,
                 size_t step);

#endif

/* PNG's row filters, undone and applied. The names are those of the standard: a is the byte to the
   left, b the one above, c the one above that to the left; all are 0 outside the picture. */

#include "loops.h"

#include <string.h>

/* The neighbour that is nearest to a + b - c; of equally near ones a goes before b before c. */
static inline int paeth(int a, int b, int c) {
    int to_a = b - c, to_b = a - c, to_c = to_a + to_b;
    to_a = to_a < 0 ? -to_a : to_a;
    to_b = to_b < 0 ? -to_b : to_b;
    to_c = to_c < 0 ? -to_c : to_c;
    int nearer = to_b <= to_c ? b : c;
    return to_a <= to_b && to_a <= to_c ? a : nearer;
}

#if defined(__GNUC__)

/* The bytes of a pixel side by side, with room for their differences; GCC and Clang know such
   vectors. One by one they take 3 to 5 times longer. */
typedef int16_t Lanes __attribute__((vector_size(16)));
typedef uint8_t Bytes __attribute__((vector_size(8)));

static inline Lanes magnitude(Lanes value) {
    Lanes negative = value < 0;
    return (value ^ negative) - negative;
}

static inline Lanes chosen(Lanes which, Lanes yes, Lanes no) {
    return (which & yes) | (~which & no);
}

static inline Lanes paeth_of_lanes(Lanes a, Lanes b, Lanes c) {
    Lanes to_a = b - c, to_b = a - c, to_c = magnitude(to_a + to_b);
    to_a = magnitude(to_a), to_b = magnitude(to_b);
    return chosen((to_a <= to_b) & (to_a <= to_c), a, chosen(to_b <= to_c, b, c));
}

/* Undoes a pixel of `bytes` bytes, in lanes of its own; those behind it, if any, come later. */
static inline void undo_paeth(const uint8_t *x, const uint8_t *above, uint8_t *row, size_t bytes,
                              Lanes *a, Lanes *c) {
    Bytes pixel = {0}, over = {0};
    memcpy(&pixel, x, bytes);
    memcpy(&over, above, bytes);
    Lanes b = __builtin_convertvector(over, Lanes);
    *a = (__builtin_convertvector(pixel, Lanes) + paeth_of_lanes(*a, b, *c)) & 255;
    *c = b;
    pixel = __builtin_convertvector(*a, Bytes);
    memcpy(row, &pixel, bytes);
}

#define UNDO_PAETH(STEP)                                                                           \
    static void undo_paeth_##STEP(const uint8_t *x, const uint8_t *above, uint8_t *row,            \
                                  size_t size) {                                                   \
        Lanes a = {0}, c = {0};                                                                    \
        size_t i = 0;                                                                              \
        for (; i + sizeof(Bytes) <= size; i += STEP) /* 8 bytes move at once, 3 do not */          \
            undo_paeth(x + i, above + i, row + i, sizeof(Bytes), &a, &c);                          \
        for (; i + STEP <= size; i += STEP)                                                        \
            undo_paeth(x + i, above + i, row + i, STEP, &a, &c);                                   \
    }

#else

#define UNDO_PAETH(STEP)                                                                           \
    static void undo_paeth_##STEP(const uint8_t *x, const uint8_t *above, uint8_t *row,            \
                                  size_t size) {                                                   \
        int a[STEP] = {0}, c[STEP] = {0};                                                          \
        for (size_t i = 0; i + STEP <= size; i += STEP)                                            \
            for (int k = 0; k < STEP; k++) {                                                       \
                row[i + k] = (uint8_t)(x[i + k] + paeth(a[k], above[i + k], c[k]));                \
                a[k] = row[i + k], c[k] = above[i + k];                                            \
            }                                                                                      \
    }

#endif

/* Undone pixel by pixel, as each needs the one before. The number of bytes in a pixel is a constant
   in each of these, so that their loop over them has no end to test: the compiler unrolls it. */
#define UNDO(STEP)                                                                                 \
    static void undo_sub_##STEP(const uint8_t *x, uint8_t *row, size_t size) {                     \
        uint8_t a[STEP] = {0};                                                                     \
        for (size_t i = 0; i + STEP <= size; i += STEP)                                            \
            for (int k = 0; k < STEP; k++)                                                         \
                row[i + k] = a[k] = (uint8_t)(x[i + k] + a[k]);                                    \
    }                                                                                              \
    static void undo_average_##STEP(const uint8_t *x, const uint8_t *b, uint8_t *row,              \
                                    size_t size) {                                                 \
        uint8_t a[STEP] = {0};                                                                     \
        for (size_t i = 0; i + STEP <= size; i += STEP)                                            \
            for (int k = 0; k < STEP; k++)                                                         \
                row[i + k] = a[k] = (uint8_t)(x[i + k] + (a[k] + b[i + k]) / 2);                   \
    }                                                                                              \
    UNDO_PAETH(STEP)

UNDO(1)
UNDO(2)
UNDO(3)
UNDO(4)
UNDO(6)
UNDO(8)

#define BY_STEP(NAME, ...)                                                                         \
    switch (step) {                                                                                \
    case 1: NAME##_1(__VA_ARGS__); break;                                                          \
    case 2: NAME##_2(__VA_ARGS__); break;                                                          \
    case 3: NAME##_3(__VA_ARGS__); break;                                                          \
    case 4: NAME##_4(__VA_ARGS__); break;                                                          \
    case 6: NAME##_6(__VA_ARGS__); break;                                                          \
    case 8: NAME##_8(__VA_ARGS__); break;                                                          \
    default: return 0;                                                                             \
    }

FOR_EACH_CPU static void undo_up(const uint8_t *x, const uint8_t *b, uint8_t *row, size_t size) {
    for (size_t i = 0; i < size; i++)
        row[i] = (uint8_t)(x[i] + b[i]);
}

int undo_filter(int kind, const uint8_t *filtered, const uint8_t *above, uint8_t *row, size_t size,
                size_t step) {
    switch (kind) {
    case NONE: memcpy(row, filtered, size); return 1;
    case SUB: BY_STEP(undo_sub, filtered, row, size) return 1;
    case UP: undo_up(filtered, above, row, size); return 1;
    case AVERAGE: BY_STEP(undo_average, filtered, above, row, size) return 1;
    case PAETH: BY_STEP(undo_paeth, filtered, above, row, size) return 1;
    default: return 0;
    }
}

#define APPLY(NAME, PREDICTED)                                                                     \
    FOR_EACH_CPU static void NAME(const uint8_t *row, const uint8_t *above, uint8_t *filtered,     \
                                  size_t size, size_t step) {                                      \
        for (size_t i = 0; i < step; i++) {                                                        \
            int a = 0, b = above[i], c = 0;                                                 \
            (void)a, (void)b, (void)c;                                                             \
            filtered[i] = (uint8_t)(row[i] - (PREDICTED));                                         \
        }                                                                                          \
        for (size_t i = step; i < size; i++) {                                                     \
            int a = row[i - step], b = above[i], c = above[i - step];                \
            (void)a, (void)b, (void)c;                                                             \
            filtered[i] = (uint8_t)(row[i] - (PREDICTED));                                         \
        }                                                                                          \
    }
APPLY(apply_sub, a)
APPLY(apply_up, b)
APPLY(apply_average, (a + b) / 2)
APPLY(apply_paeth, paeth(a, b, c))

int apply_filter(int kind, const uint8_t *row, const uint8_t *above, uint8_t *filtered, size_t size,
                 size_t step) {
    switch (kind) {
    case NONE: memcpy(filtered, row, size); return 1;
    case SUB: apply_sub(row, above, filtered, size, step); return 1;
    case UP: apply_up(row, above, filtered, size, step); return 1;
    case AVERAGE: apply_average(row, above, filtered, size, step); return 1;
    case PAETH: apply_paeth(row, above, filtered, size, step); return 1;
    default: return 0;
    }
}

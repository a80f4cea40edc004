/* Weighted sums of shifted rows: every tap is added to 4 vectors of sums, which stay in registers.

   Vectors are those of GCC and Clang, 64 bytes, which the compiler splits where the processor's are
   shorter. Arrays of sums, left to the compiler, went through memory at every tap: 15 to 20 times
   slower with GCC 12. Every sum is added up in the order of the taps, wherever it stands in a row:
   a multiplication and an addition are fused where the processor can. */

#include "loops.h"

#include <string.h>

#if defined(__GNUC__)
#define VECTOR_BYTES 64
#else
#define VECTOR_BYTES 0
#endif

/* T: the type of the values; P: one in which their products do not overflow undefined. */
#define SCALAR(NAME, T, P)                                                                         \
    FOR_EACH_CPU static void NAME##_scalar(const T *source, T *out, size_t count,                  \
                                           const Taps *taps) {                                     \
        const T *weights = taps->weights;                                                          \
        for (size_t x = 0; x < count; x++)                                                         \
            out[x] = 0;                                                                            \
        for (size_t t = 0; t < taps->taps; t++)                                                    \
            for (size_t x = 0; x < count; x++)                                                     \
                out[x] = (T)(out[x] + (P)weights[t] * (P)source[taps->offsets[t] + (ptrdiff_t)x]); \
    }

#if VECTOR_BYTES
#define CORRELATE(NAME, T, P)                                                                      \
    SCALAR(NAME, T, P)                                                                             \
    typedef T NAME##_vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)),          \
                                           may_alias));                                            \
                                                                                                   \
    FOR_EACH_CPU static void NAME(const T *source, T *out, size_t count, const Taps *taps) {       \
        enum { LANES = VECTOR_BYTES / sizeof(T), BLOCK = 4 * LANES };                              \
        const int64_t *offsets = taps->offsets;                                                    \
        const T *weights = taps->weights;                                                          \
        size_t x = 0;                                                                              \
        for (; x + BLOCK <= count; x += BLOCK) {                                                   \
            NAME##_vector a = {0}, b = {0}, c = {0}, d = {0};                                      \
            for (size_t t = 0; t < taps->taps; t++) {                                              \
                const NAME##_vector *p = (const NAME##_vector *)(source + offsets[t] + x);         \
                const T w = weights[t];                                                            \
                a += w * p[0];                                                                     \
                b += w * p[1];                                                                     \
                c += w * p[2];                                                                     \
                d += w * p[3];                                                                     \
            }                                                                                      \
            NAME##_vector *o = (NAME##_vector *)(out + x);                                         \
            o[0] = a, o[1] = b, o[2] = c, o[3] = d;                                                \
        }                                                                                          \
        while (x < count && count >= LANES) {                                                      \
            if (count - x < LANES)                                                                 \
                x = count - LANES; /* some once more, with the same result */                      \
            NAME##_vector a = {0};                                                                 \
            for (size_t t = 0; t < taps->taps; t++)                                                \
                a += weights[t] * *(const NAME##_vector *)(source + offsets[t] + x);               \
            *(NAME##_vector *)(out + x) = a;                                                       \
            x += LANES;                                                                            \
        }                                                                                          \
        if (count < LANES)                                                                         \
            NAME##_scalar(source, out, count, taps);                                               \
    }                                                                                              \
                                                                                                   \
    /* Of two rows, `step` apart as the taps are: what lies under both is loaded once. */          \
    FOR_EACH_CPU static void NAME##_two(const T *source, size_t step, T *out, size_t out_step,     \
                                        size_t count, const Taps *taps) {                          \
        enum { LANES = VECTOR_BYTES / sizeof(T), BLOCK = 2 * LANES };                              \
        const int64_t *offsets = taps->offsets;                                                    \
        const T *weights = taps->weights;                                                          \
        if (count < BLOCK) {                                                                       \
            NAME(source, out, count, taps);                                                        \
            NAME(source + step, out + out_step, count, taps);                                      \
            return;                                                                                \
        }                                                                                          \
        for (size_t x = 0; x < count; x += BLOCK) {                                                \
            if (count - x < BLOCK)                                                                 \
                x = count - BLOCK; /* some once more, with the same result */                      \
            NAME##_vector a = {0}, b = {0}, c = {0}, d = {0};                                      \
            const NAME##_vector *p = (const NAME##_vector *)(source + offsets[0] + x);             \
            a += weights[0] * p[0];                                                                \
            b += weights[0] * p[1];                                                                \
            for (size_t t = 1; t < taps->taps; t++) {                                              \
                const T upper = weights[t], lower = weights[t - 1];                                \
                p = (const NAME##_vector *)(source + offsets[t] + x);                              \
                a += upper * p[0];                                                                 \
                b += upper * p[1];                                                                 \
                c += lower * p[0];                                                                 \
                d += lower * p[1];                                                                 \
            }                                                                                      \
            const T last = weights[taps->taps - 1];                                                \
            p = (const NAME##_vector *)(source + offsets[taps->taps - 1] + step + x);              \
            c += last * p[0];                                                                      \
            d += last * p[1];                                                                      \
            NAME##_vector *o = (NAME##_vector *)(out + x);                                         \
            o[0] = a, o[1] = b;                                                                    \
            o = (NAME##_vector *)(out + out_step + x);                                             \
            o[0] = c, o[1] = d;                                                                    \
        }                                                                                          \
    }
#else
#define CORRELATE(NAME, T, P)                                                                      \
    SCALAR(NAME, T, P)                                                                             \
    static void NAME(const T *source, T *out, size_t count, const Taps *taps) {                    \
        NAME##_scalar(source, out, count, taps);                                                   \
    }                                                                                              \
    static void NAME##_two(const T *source, size_t step, T *out, size_t out_step, size_t count,    \
                           const Taps *taps) {                                                     \
        NAME(source, out, count, taps);                                                            \
        NAME(source + step, out + out_step, count, taps);                                          \
    }
#endif

CORRELATE(correlate_int16, uint16_t, uint32_t) /* modulo 2**16, as signed ones would be */
CORRELATE(correlate_int32, uint32_t, uint32_t)
CORRELATE(correlate_float32, float, float)
CORRELATE(correlate_float64, double, double)

/* Several at a time, whose sums need not wait for each other. */
#define CORRELATE_AT(NAME, T)                                                                      \
    static void NAME(const void *source, const int64_t *corners, double *out, size_t count,        \
                     const Taps *taps) {                                                           \
        enum { AT_ONCE = 8 };                                                                      \
        const double *weights = taps->weights;                                                     \
        for (size_t i = 0; i < count; i += AT_ONCE) {                                              \
            double sums[AT_ONCE] = {0};                                                            \
            const T *windows[AT_ONCE];                                                             \
            size_t some = count - i < AT_ONCE ? count - i : AT_ONCE;                               \
            for (size_t k = 0; k < AT_ONCE; k++)                                                   \
                windows[k] = (const T *)source + corners[i + (k < some ? k : 0)];                  \
            for (size_t t = 0; t < taps->taps; t++)                                                \
                for (size_t k = 0; k < AT_ONCE; k++)                                               \
                    sums[k] += weights[t] * (double)windows[k][taps->offsets[t]];                  \
            memcpy(out + i, sums, some * sizeof *sums);                                            \
        }                                                                                          \
    }

CORRELATE_AT(correlate_at_uint8, uint8_t)
CORRELATE_AT(correlate_at_int8, int8_t)
CORRELATE_AT(correlate_at_uint16, uint16_t)
CORRELATE_AT(correlate_at_int16, int16_t)
CORRELATE_AT(correlate_at_float32, float)

void correlate_at(char type, const void *source, const int64_t *corners, double *out, size_t count,
                  const Taps *taps) {
    switch (type) {
    case 'B': correlate_at_uint8(source, corners, out, count, taps); break;
    case 'b': correlate_at_int8(source, corners, out, count, taps); break;
    case 'H': correlate_at_uint16(source, corners, out, count, taps); break;
    case 'h': correlate_at_int16(source, corners, out, count, taps); break;
    case 'f': correlate_at_float32(source, corners, out, count, taps); break;
    }
}

const char *vectors(void) {
#if CPUS
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "AVX-512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "AVX2";
#endif
    return "";
}

void correlate_row(Sums type, const void *source, void *out, size_t count, const Taps *taps) {
    switch (type) {
    case INT16:
        correlate_int16(source, out, count, taps);
        break;
    case INT32:
        correlate_int32(source, out, count, taps);
        break;
    case FLOAT32:
        correlate_float32(source, out, count, taps);
        break;
    case FLOAT64:
        correlate_float64(source, out, count, taps);
        break;
    }
}

void correlate_two_rows(Sums type, const void *source, size_t step, void *out, size_t out_step,
                        size_t count, const Taps *taps) {
    switch (type) {
    case INT16:
        correlate_int16_two(source, step, out, out_step, count, taps);
        break;
    case INT32:
        correlate_int32_two(source, step, out, out_step, count, taps);
        break;
    case FLOAT32:
        correlate_float32_two(source, step, out, out_step, count, taps);
        break;
    case FLOAT64:
        correlate_float64_two(source, step, out, out_step, count, taps);
        break;
    }
}

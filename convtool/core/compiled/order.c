/* The value of one rank in each window, by a network: its comparisons, always the same ones, leave the
   smaller of two places in the one and the larger in the other. A piece of a row is done at once. */

#include "loops.h"

#include <string.h>

#define PIECE 256 /* bytes */

#define ORDER(NAME, T)                                                                             \
    static inline void NAME##_exchange(T *restrict low, T *restrict high) {                        \
        for (size_t x = 0; x < PIECE / sizeof(T); x++) {                                           \
            T a = low[x], b = high[x];                                                             \
            low[x] = a < b ? a : b;                                                                \
            high[x] = a < b ? b : a;                                                               \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    FOR_EACH_CPU static void NAME(const void *source_, void *out_, size_t count,                   \
                                  const Network *network) {                                        \
        const T *source = source_;                                                                 \
        T *out = out_, places[MOST_PLACES][PIECE / sizeof(T)];                                     \
        memset(places, 0, network->places * sizeof *places);                                       \
        for (size_t x = 0; x < count; x += PIECE / sizeof(T)) {                                    \
            size_t some = count - x < PIECE / sizeof(T) ? count - x : PIECE / sizeof(T);           \
            for (size_t k = 0; k < network->places; k++)                                           \
                memcpy(places[k], source + network->offsets[k] + x, some * sizeof(T));             \
            for (size_t k = 0; k < network->comparisons; k++)                                      \
                NAME##_exchange(places[network->pairs[2 * k]], places[network->pairs[2 * k + 1]]); \
            memcpy(out + x, places[network->rank], some * sizeof(T));                              \
        }                                                                                          \
    }

ORDER(order_uint8, uint8_t)
ORDER(order_int8, int8_t)
ORDER(order_uint16, uint16_t)
ORDER(order_int16, int16_t)
ORDER(order_float32, float)
ORDER(order_float64, double)

void order_row(char type, const void *source, void *out, size_t count, const Network *network) {
    switch (type) {
    case 'B': order_uint8(source, out, count, network); break;
    case 'b': order_int8(source, out, count, network); break;
    case 'H': order_uint16(source, out, count, network); break;
    case 'h': order_int16(source, out, count, network); break;
    case 'f': order_float32(source, out, count, network); break;
    case 'd': order_float64(source, out, count, network); break;
    }
}

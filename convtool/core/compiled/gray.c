/* Grey from colour: weighted sums of red, green and blue, in thousandths, rounded half to even. */

#include "loops.h"

/* S: a float type in which the sums are exact, and a quotient that is no tie comes to none. */
#define GRAY(NAME, I, S, MAGIC)                                                                    \
    FOR_EACH_CPU static void NAME(const I *colors, const int32_t parts[3], I *out, size_t count) { \
        const int32_t red = parts[0], green = parts[1], blue = parts[2];                           \
        for (size_t i = 0; i < count; i++) {                                                       \
            int32_t sum = red * colors[3 * i] + green * colors[3 * i + 1] + blue * colors[3 * i + 2];\
            out[i] = (I)(int32_t)(((S)sum / 1000 + MAGIC) - MAGIC);                                \
        }                                                                                          \
    }

GRAY(gray_uint8, uint8_t, float, ROUND_FLOAT)
GRAY(gray_uint16, uint16_t, double, ROUND_DOUBLE)

void gray_row(char type, const void *colors, const int32_t parts[3], void *out, size_t count) {
    if (type == 'B')
        gray_uint8(colors, parts, out, count);
    else
        gray_uint16(colors, parts, out, count);
}

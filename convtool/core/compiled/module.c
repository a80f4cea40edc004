/* The module convtool.core._compiled: it checks what it is given, and runs the loops on it.

   Every function takes arrays by the buffer protocol and writes into one of them. What does not fit,
   a shape, a type, a step or an offset, is a ValueError, and nothing is touched. The interpreter's
   lock is released while a loop runs. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "loops.h"

#include <float.h>
#include <string.h>

/* A buffer of values of one type; `rows` of `columns` values, each row contiguous. */
typedef struct {
    Py_buffer view;
    char type; /* as the struct module calls it; 'q' is any int64 */
    Py_ssize_t rows, columns, step;
} Array;

static char type_of(const Py_buffer *view) {
    const char *format = view->format ? view->format : "B";
    if (*format == '@' || *format == '=')
        format++;
    if (strlen(format) != 1 || !strchr("BbHhiIlLqQfd", *format))
        return 0;
    if (strchr("lq", *format)) /* which has 4 bytes, and which 8, depends on the system */
        return view->itemsize == 8 ? 'q' : 'i';
    if (strchr("LQ", *format))
        return view->itemsize == 8 ? 'Q' : 'I';
    return *format;
}

/* An array of these dimensions, at most 2; rows may lie apart in memory. */
static int get(PyObject *object, const char *name, int writable, int dimensions, const char *types,
               Array *found) {
    int flags = PyBUF_FORMAT | PyBUF_STRIDES | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(object, &found->view, flags))
        return 0;
    const Py_buffer *view = &found->view;
    found->type = type_of(view);
    found->rows = view->ndim == 2 ? view->shape[0] : 1;
    found->columns = view->ndim ? view->shape[view->ndim - 1] : 1;
    found->step = view->ndim == 2 ? view->strides[0] : view->len;
    const char *wrong = NULL;
    if (view->ndim != dimensions)
        wrong = "has another number of dimensions";
    else if (!found->type || !strchr(types, found->type))
        wrong = "has values of another type";
    else if (found->columns > 1 && view->strides[view->ndim - 1] != view->itemsize)
        wrong = "has gaps in its rows";
    else if (found->rows > 1 && found->step < found->columns * view->itemsize)
        wrong = "has rows that overlap";
    else if ((uintptr_t)view->buf % (size_t)view->itemsize || found->step % view->itemsize)
        wrong = "is not aligned";
    if (!wrong)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s %s", name, wrong);
    PyBuffer_Release(&found->view);
    return 0;
}

static int overlap(const Array *one, const Array *other) {
    const char *a = one->view.buf, *b = other->view.buf;
    Py_ssize_t a_size = (one->rows - 1) * one->step + one->columns * one->view.itemsize;
    Py_ssize_t b_size = (other->rows - 1) * other->step + other->columns * other->view.itemsize;
    return a < b + b_size && b < a + a_size;
}

static const char *const SUMS = "hHiIfd"; /* modulo their range it is all one what has a sign */
static const Sums TYPE_OF_SUMS[] = {INT16, INT16, INT32, INT32, FLOAT32, FLOAT64};

/* Several arrays in order; on an error those before are released. */
typedef struct {
    PyObject *object;
    const char *name;
    int writable, dimensions;
    const char *types;
} Wanted;

static int get_all(const Wanted *wanted, int count, Array *found) {
    for (int i = 0; i < count; i++)
        if (!get(wanted[i].object, wanted[i].name, wanted[i].writable, wanted[i].dimensions,
                 wanted[i].types, &found[i])) {
            while (i--)
                PyBuffer_Release(&found[i].view);
            return 0;
        }
    return 1;
}

static void release_all(Array *arrays, int count) {
    while (count--)
        PyBuffer_Release(&arrays[count].view);
}

/* The end of a function: None, or a ValueError that says what is wrong. */
static PyObject *ended(Array *arrays, int count, const char *wrong) {
    release_all(arrays, count);
    if (!wrong)
        Py_RETURN_NONE;
    PyErr_SetString(PyExc_ValueError, wrong);
    return NULL;
}

static Taps taps_of(const Array *offsets, const Array *weights) {
    return (Taps){(size_t)offsets->columns, offsets->view.buf, weights->view.buf};
}

static const void *row_of(const Array *array, Py_ssize_t row) {
    return (const char *)array->view.buf + row * array->step;
}

static void *written_row(const Array *array, Py_ssize_t row) {
    return (char *)array->view.buf + row * array->step;
}

static Sums sums_of(const Array *array) {
    return TYPE_OF_SUMS[strchr(SUMS, array->type) - SUMS];
}

/* The largest offset plus `columns`: what a row of sums lies on. 0 where an offset is negative, or
   so large that no array is as long. */
static size_t reach_of(const Array *offsets, size_t columns) {
    const int64_t *offset = offsets->view.buf;
    int64_t largest = 0;
    for (Py_ssize_t tap = 0; tap < offsets->columns; tap++) {
        if (offset[tap] < 0 || offset[tap] > PY_SSIZE_T_MAX / 4)
            return 0;
        largest = offset[tap] > largest ? offset[tap] : largest;
    }
    return (size_t)largest + columns;
}

static const char *const WHOLE = "hHiI"; /* in the order of Whole */
static const char *const PIXELS = "BbHh"; /* in the order of Pixels */
static const char *const VALUES = "BbHhfd"; /* all of Pixels */

/* What is wrong with a divisor of whole sums. */
static const char *misdivided(double divisor) {
    const double most = 9007199254740992.0; /* 2**53 */
    if (!(divisor >= -most && divisor <= most) || divisor == 0 ||
        divisor != (double)(int64_t)divisor)
        return "divisor is no whole number other than 0";
    return NULL;
}

static const char *mismargin(double margin) {
    return margin >= 0 && margin < 0.25 ? NULL : "margin is not from 0 to 0.25";
}

/* What is wrong with sums of a type that become values of another; else how they do. */
static const char *misfinished(char type, char to, double divisor, double margin,
                               const Array *places, Finish *finish) {
    const char *whole = strchr(WHOLE, type), *value = strchr(VALUES, to);
    int rounds = type == 'f' && strchr(PIXELS, to);
    if (!value || !(whole || rounds || type == to))
        return "sums of this type become no values of out's";
    finish->whole = whole != NULL;
    finish->type = whole ? (Whole)(whole - WHOLE) : WHOLE_INT16;
    finish->divisor = divisor;
    finish->to = (Pixels)(value - VALUES);
    finish->margin = (float)margin;
    finish->places = places->view.buf;
    finish->room = (size_t)places->columns;
    if (whole)
        return misdivided(divisor);
    return divisor != divisor ? "divisor is NaN" : mismargin(margin);
}

enum { SOURCE, SCRATCH, OUT, DOWN, DOWN_WEIGHTS, ALONG, ALONG_WEIGHTS, PLACES, BAND_ARRAYS };

/* What is wrong with the arrays of a band, which is filled in from them; NULL if nothing is. */
static const char *misfit(const Array *found, Py_ssize_t step, const Finish *finish, Band *band) {
    const Array *source = &found[SOURCE], *out = &found[OUT], *scratch = &found[SCRATCH];
    char type = found[DOWN_WEIGHTS].type;
    if (scratch->type != type || found[ALONG_WEIGHTS].type != type)
        return "scratch and weights are of several types";
    if (found[DOWN].columns != found[DOWN_WEIGHTS].columns ||
        found[ALONG].columns != found[ALONG_WEIGHTS].columns)
        return "there are not as many weights as offsets";
    static const int written[] = {OUT, SCRATCH, PLACES};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        for (int other = 0; other < BAND_ARRAYS; other++)
            if (other != written[i] && overlap(&found[written[i]], &found[other]))
                return "the arrays overlap";
    const char *pixels = strchr(PIXELS, source->type);
    band->widen = source->type != type;
    if (band->widen && !pixels)
        return "source holds neither pixels nor the weights' type";
    band->from = band->widen ? (Pixels)(pixels - PIXELS) : UINT8;
    band->type = sums_of(&found[DOWN_WEIGHTS]);
    band->source = source->view.buf;
    band->scratch = scratch->view.buf;
    band->room = (size_t)scratch->columns;
    band->down = taps_of(&found[DOWN], &found[DOWN_WEIGHTS]);
    band->along = taps_of(&found[ALONG], &found[ALONG_WEIGHTS]);
    band->out = out->view.buf;
    band->out_step = out->step;
    band->rows = (size_t)out->rows, band->columns = (size_t)out->columns;
    band->step = (size_t)step;
    band->finish = finish;
    if (!band->rows || !band->columns)
        return NULL;
    band->wide = reach_of(&found[ALONG], band->columns);
    band->span = band->wide ? reach_of(&found[DOWN], band->wide) : 0;
    if (!band->span || band->span > (size_t)source->columns)
        return "an offset reaches out of source";
    if (step < 0 || (step && band->rows - 1 > ((size_t)source->columns - band->span) / band->step))
        return "the rows of out reach out of source";
    if (band->room < scratch_needed(band))
        return "scratch is too small";
    return NULL;
}

PyDoc_STRVAR(correlate_doc,
             "correlate(source, scratch, out, offsets, weights, along, along_weights, step, divisor,\n"
             "margin, places)\n--\n\n"
             "out[r, x] = sum of weights[t] * source[r * step + offsets[t] + x], or, where `along` is\n"
             "not empty, the weighted sums of these in turn. Returns how many are next to a tie.\n\n"
             "weights and scratch are of the sums' type: integers of 16 or 32 bits, modulo their\n"
             "range, float32 or float64. source is flat, and of that type or of 8 or 16 bits. out has\n"
             "rows, of that type where divisor is 0; else whole sums / divisor go there as by `divide`,\n"
             "float32 ones as by `round_sums`, and floats of out's type divided. Offsets are int64.");

static PyObject *correlate(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[BAND_ARRAYS];
    Py_ssize_t step;
    double divisor, margin;
    if (!PyArg_ParseTuple(args, "OOOOOOOnddO", &o[SOURCE], &o[SCRATCH], &o[OUT], &o[DOWN],
                          &o[DOWN_WEIGHTS], &o[ALONG], &o[ALONG_WEIGHTS], &step, &divisor, &margin,
                          &o[PLACES]))
        return NULL;
    Array found[BAND_ARRAYS];
    Wanted wanted[] = {{o[SOURCE], "source", 0, 1, "BbhHiIfd"},
                       {o[SCRATCH], "scratch", 1, 1, SUMS},
                       {o[OUT], "out", 1, 2, "BbhHiIfd"},
                       {o[DOWN], "offsets", 0, 1, "q"},
                       {o[DOWN_WEIGHTS], "weights", 0, 1, SUMS},
                       {o[ALONG], "along", 0, 1, "q"},
                       {o[ALONG_WEIGHTS], "along_weights", 0, 1, SUMS},
                       {o[PLACES], "places", 1, 1, "q"}};
    if (!get_all(wanted, BAND_ARRAYS, found))
        return NULL;
    Band band;
    Finish finish = {0};
    char type = found[DOWN_WEIGHTS].type, to = found[OUT].type;
    const char *wrong = NULL;
    if (divisor == 0)
        wrong = to == type ? NULL : "out is not of the weights' type";
    else
        wrong = misfinished(type, to, divisor, margin, &found[PLACES], &finish);
    if (!wrong)
        wrong = misfit(found, step, divisor == 0 ? NULL : &finish, &band);
    if (wrong)
        return ended(found, BAND_ARRAYS, wrong);
    size_t count = 0;
    Py_BEGIN_ALLOW_THREADS
    if (band.columns)
        count = correlate_band(&band);
    Py_END_ALLOW_THREADS
    release_all(found, BAND_ARRAYS);
    return PyLong_FromSize_t(count);
}

/* Takes `count` steps off the values that are left, if there are so many. */
static int taken(Py_ssize_t count, Py_ssize_t step, Py_ssize_t *left) {
    if (count < 0 || step < 0 || *left < 0 || (step && count > *left / step))
        return 0;
    *left -= count * step;
    return 1;
}

PyDoc_STRVAR(pool_doc,
             "pool(source, scratch, out, merge, down, along, channels, divisor)\n--\n\n"
             "Each window of a flat band merged into one value of out, which has rows: merge 0 is the\n"
             "largest, 1 the smallest, 2 the sum. down and along are (taps, dilation, step) of rows and\n"
             "pixels, in values; pixels have so many channels.\n\n"
             "scratch is of the type of what is merged, twice as long as a row under windows. The\n"
             "largest and smallest are of the source's type. Whole sums are int16 or int32, others of\n"
             "the source's type; out is of the same where divisor is 0, else float, sums / divisor.");

static PyObject *pool(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3];
    int merge;
    Py_ssize_t down[3], along[3], channels;
    double divisor;
    if (!PyArg_ParseTuple(args, "OOOi(nnn)(nnn)nd", &o[0], &o[1], &o[2], &merge, &down[0], &down[1],
                          &down[2], &along[0], &along[1], &along[2], &channels, &divisor))
        return NULL;
    Array found[3], *source = &found[0], *scratch = &found[1], *out = &found[2];
    Wanted wanted[] = {{o[0], "source", 0, 1, "BbHhiIfd"},
                       {o[1], "scratch", 1, 1, "BbHhiIfd"},
                       {o[2], "out", 1, 2, "BbHhiIfd"}};
    if (!get_all(wanted, 3, found))
        return NULL;
    const char *wrong = NULL;
    if (merge < LARGEST || merge > SUM)
        wrong = "merge is not from 0 to 2";
    else if (!can_pool((Merge)merge, source->type, scratch->type, out->type, divisor != 0))
        wrong = "values of these types are not merged so";
    else if (divisor != 0)
        wrong = misdivided(divisor);
    if (!wrong && (overlap(source, out) || overlap(source, scratch) || overlap(scratch, out)))
        wrong = "the arrays overlap";
    if (!wrong && (channels < 1 || out->columns % channels))
        wrong = "the rows of out are not pixels of so many channels";
    if (!wrong && (down[0] < 1 || along[0] < 1))
        wrong = "windows have no elements";
    if (wrong || !out->rows || !out->columns)
        return ended(found, 3, wrong);
    Py_ssize_t row = source->columns - channels; /* left beside the windows of a row, then of all */
    if (!taken(out->columns / channels - 1, along[2], &row) ||
        !taken(along[0] - 1, along[1], &row))
        wrong = "a row of windows reaches out of source";
    Py_ssize_t wide = source->columns - row, left = row;
    if (!wrong && (!taken(out->rows - 1, down[2], &left) || !taken(down[0] - 1, down[1], &left)))
        wrong = "the rows of windows reach out of source";
    if (!wrong && scratch->columns / 2 < wide)
        wrong = "scratch is too small";
    if (!wrong) {
        Pools pools = {(Merge)merge,
                       source->type,
                       scratch->type,
                       source->view.buf,
                       out->view.buf,
                       out->type,
                       out->step,
                       (size_t)out->rows,
                       (size_t)out->columns,
                       (size_t)channels,
                       {(size_t)down[0], (size_t)down[1], (size_t)down[2]},
                       {(size_t)along[0], (size_t)along[1], (size_t)along[2]},
                       divisor,
                       (size_t)wide,
                       scratch->view.buf};
        Py_BEGIN_ALLOW_THREADS
        pool_band(&pools);
        Py_END_ALLOW_THREADS
    }
    return ended(found, 3, wrong);
}

PyDoc_STRVAR(order_doc,
             "order(source, offsets, pairs, rank, step, out)\n--\n\n"
             "out[r, x] = what is in place `rank` after the comparisons of source[r * step + offsets + x]:\n"
             "pairs (low, high), flat, of places, each of which leaves the smaller value in low.\n\n"
             "source is flat, of 8 or 16 bits, float32 or float64 without NaN; out has rows of that type;\n"
             "offsets, 1 to 81, and pairs are int64.");

static PyObject *order(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[4];
    Py_ssize_t rank, step;
    if (!PyArg_ParseTuple(args, "OOOnnO", &o[0], &o[1], &o[2], &rank, &step, &o[3]))
        return NULL;
    Array found[4], *source = &found[0], *offsets = &found[1], *pairs = &found[2], *out = &found[3];
    Wanted wanted[] = {{o[0], "source", 0, 1, VALUES},
                       {o[1], "offsets", 0, 1, "q"},
                       {o[2], "pairs", 0, 1, "q"},
                       {o[3], "out", 1, 2, VALUES}};
    if (!get_all(wanted, 4, found))
        return NULL;
    const char *wrong = NULL;
    size_t reach = reach_of(offsets, (size_t)out->columns);
    size_t rows = (size_t)out->rows, held = (size_t)source->columns;
    if (source->type != out->type)
        wrong = "source and out are of several types";
    else if (offsets->columns < 1 || offsets->columns > MOST_PLACES || pairs->columns % 2)
        wrong = "there are not 1 to 81 offsets, or no whole pairs";
    else if (rank < 0 || rank >= offsets->columns)
        wrong = "rank is no place";
    else if (step < 0 || !reach || reach > held ||
             (rows > 1 && (size_t)step > (held - reach) / (rows - 1)))
        wrong = "a row reaches out of source";
    else if (overlap(out, source) || overlap(out, offsets) || overlap(out, pairs))
        wrong = "the arrays overlap";
    const int64_t *place = pairs->view.buf;
    for (Py_ssize_t i = 0; !wrong && i < pairs->columns; i++)
        if (place[i] < 0 || place[i] >= offsets->columns || place[i] == place[i ^ 1])
            wrong = "a pair is not of two places";
    if (!wrong) {
        Network network = {(size_t)offsets->columns, (size_t)pairs->columns / 2,
                           offsets->view.buf, place, (size_t)rank};
        const char *from = source->view.buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < out->rows; row++)
            order_row(out->type, from + row * step * out->view.itemsize, written_row(out, row),
                      (size_t)out->columns, &network);
        Py_END_ALLOW_THREADS
    }
    return ended(found, 4, wrong);
}

PyDoc_STRVAR(correlate_at_doc,
             "correlate_at(source, corners, out, offsets, weights)\n--\n\n"
             "out[i] = sum of weights[t] * source[corners[i] + offsets[t]], in float64.\n\n"
             "source is float32, or of 8 or 16 bits; out and weights are float64, corners and offsets\n"
             "int64; all flat.");

static PyObject *correlate_at_(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[5];
    if (!PyArg_ParseTuple(args, "OOOOO", &o[0], &o[1], &o[2], &o[3], &o[4]))
        return NULL;
    Array found[5], *source = &found[0], *corners = &found[1], *out = &found[2],
                    *offsets = &found[3], *weights = &found[4];
    Wanted wanted[] = {{o[0], "source", 0, 1, "BbHhf"},
                       {o[1], "corners", 0, 1, "q"},
                       {o[2], "out", 1, 1, "d"},
                       {o[3], "offsets", 0, 1, "q"},
                       {o[4], "weights", 0, 1, "d"}};
    if (!get_all(wanted, 5, found))
        return NULL;
    const char *wrong = NULL;
    if (corners->columns != out->columns || offsets->columns != weights->columns)
        wrong = "the arrays are not of the same lengths";
    else if (overlap(out, source) || overlap(out, weights) || overlap(out, corners) ||
             overlap(out, offsets))
        wrong = "the arrays overlap";
    int64_t reach = 0;
    const int64_t *offset = offsets->view.buf, *corner = corners->view.buf;
    for (Py_ssize_t t = 0; !wrong && t < offsets->columns; t++) {
        if (offset[t] < 0 || offset[t] >= source->columns)
            wrong = "an offset reaches out of source";
        else if (offset[t] > reach)
            reach = offset[t];
    }
    for (Py_ssize_t i = 0; !wrong && i < corners->columns; i++)
        if (corner[i] < 0 || corner[i] >= source->columns - reach)
            wrong = "a corner reaches out of source";
    if (!wrong) {
        Taps taps = taps_of(offsets, weights);
        Py_BEGIN_ALLOW_THREADS
        correlate_at(source->type, source->view.buf, corner, out->view.buf, (size_t)out->columns,
                     &taps);
        Py_END_ALLOW_THREADS
    }
    return ended(found, 5, wrong);
}

/* What is wrong with two arrays that should be of one shape, the second of which is written. */
static const char *unlike(const Array *from, const Array *to) {
    if (from->rows != to->rows || from->columns != to->columns)
        return "values and out are not of one shape";
    return overlap(from, to) ? "values and out overlap" : NULL;
}

PyDoc_STRVAR(divide_doc,
             "divide(sums, divisor, out)\n--\n\n"
             "Write sums / divisor into out, both of the same rows: rounded half to even and saturated\n"
             "into 8 or 16 bits, or into floats. sums are integers of 16 or 32 bits; divisor is whole.");

static PyObject *divide(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    double divisor;
    if (!PyArg_ParseTuple(args, "OdO", &o[0], &divisor, &o[1]))
        return NULL;
    Array found[2], *sums = &found[0], *out = &found[1];
    Wanted wanted[] = {{o[0], "sums", 0, 2, WHOLE}, {o[1], "out", 1, 2, VALUES}};
    if (!get_all(wanted, 2, found))
        return NULL;
    const char *wrong = unlike(sums, out);
    if (!wrong)
        wrong = misdivided(divisor);
    if (!wrong) {
        Whole type = (Whole)(strchr(WHOLE, sums->type) - WHOLE);
        Pixels to = (Pixels)(strchr(VALUES, out->type) - VALUES);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < out->rows; row++)
            divide_row(type, row_of(sums, row), divisor, to, written_row(out, row),
                       (size_t)out->columns);
        Py_END_ALLOW_THREADS
    }
    return ended(found, 2, wrong);
}

PyDoc_STRVAR(round_sums_doc,
             "round_sums(values, margin, out, positions)\n--\n\n"
             "Write float32 values into out, rounded and saturated, and into positions, int64, the\n"
             "flat places of those within margin of a tie. Returns how many these are; there may be\n"
             "more than positions has room for.");

static PyObject *round_sums(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3];
    double margin;
    if (!PyArg_ParseTuple(args, "OdOO", &o[0], &margin, &o[1], &o[2]))
        return NULL;
    Array found[3], *values = &found[0], *out = &found[1], *positions = &found[2];
    Wanted wanted[] = {{o[0], "values", 0, 2, "f"},
                       {o[1], "out", 1, 2, PIXELS},
                       {o[2], "positions", 1, 1, "q"}};
    if (!get_all(wanted, 3, found))
        return NULL;
    const char *wrong = unlike(values, out);
    if (!wrong)
        wrong = mismargin(margin);
    if (!wrong && (overlap(positions, values) || overlap(positions, out)))
        wrong = "the arrays overlap";
    if (wrong)
        return ended(found, 3, wrong);
    Pixels to = (Pixels)(strchr(PIXELS, out->type) - PIXELS);
    int64_t *places = positions->view.buf;
    size_t room = (size_t)positions->columns, count = 0;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t row = 0; row < out->rows; row++) {
        size_t taken = count < room ? count : room;
        count += round_row(row_of(values, row), (float)margin, to, written_row(out, row),
                           (size_t)out->columns, row * out->columns, places + taken, room - taken);
    }
    Py_END_ALLOW_THREADS
    release_all(found, 3);
    return PyLong_FromSize_t(count);
}

PyDoc_STRVAR(clip_doc,
             "clip(values, out)\n--\n\n"
             "Write values into out, uint8 or uint16, rounded half to even, and saturated. Returns\n"
             "how many were below 0, above the largest, and NaN, which becomes 0.");

static PyObject *clip(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    if (!PyArg_ParseTuple(args, "OO", &o[0], &o[1]))
        return NULL;
    Array found[2], *values = &found[0], *out = &found[1];
    Wanted wanted[] = {{o[0], "values", 0, 2, "hifd"}, {o[1], "out", 1, 2, "BH"}};
    if (!get_all(wanted, 2, found))
        return NULL;
    const char *wrong = unlike(values, out);
    if (!wrong && values->type == 'h' && out->type == 'H')
        wrong = "int16 values become uint8 only";
    if (wrong)
        return ended(found, 2, wrong);
    size_t lost[3] = {0, 0, 0};
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t row = 0; row < out->rows; row++)
        clip_row(values->type, out->type, row_of(values, row), written_row(out, row),
                 (size_t)out->columns, lost);
    Py_END_ALLOW_THREADS
    release_all(found, 2);
    return Py_BuildValue("nnn", (Py_ssize_t)lost[0], (Py_ssize_t)lost[1], (Py_ssize_t)lost[2]);
}

PyDoc_STRVAR(stretch_doc,
             "stretch(values, scale, low, high, black, white, out)\n--\n\n"
             "Write values * scale into out, uint8 or uint16, so that low becomes black and high white,\n"
             "rounded half to even; what is NaN becomes 0. Returns how many were below low, above high,\n"
             "and NaN. Needs low < high, and 0 <= black <= white, which out's type holds.");

static PyObject *stretch(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    Stretch how;
    if (!PyArg_ParseTuple(args, "OdddddO", &o[0], &how.scale, &how.low, &how.high, &how.black,
                          &how.white, &o[1]))
        return NULL;
    Array found[2], *values = &found[0], *out = &found[1];
    Wanted wanted[] = {{o[0], "values", 0, 2, "hifd"}, {o[1], "out", 1, 2, "BH"}};
    if (!get_all(wanted, 2, found))
        return NULL;
    const char *wrong = unlike(values, out);
    double range = how.high - how.low;
    if (!wrong && !(range > 0 && range <= DBL_MAX && how.scale > 0 && how.scale <= DBL_MAX))
        wrong = "scale, or high - low, is not above 0 and finite";
    if (!wrong && !(0 <= how.black && how.black <= how.white &&
                    how.white <= (out->type == 'B' ? UINT8_MAX : UINT16_MAX)))
        wrong = "black and white are no values of out's, in this order";
    if (wrong)
        return ended(found, 2, wrong);
    size_t lost[3] = {0, 0, 0};
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t row = 0; row < out->rows; row++)
        stretch_row(values->type, out->type, row_of(values, row), written_row(out, row),
                    (size_t)out->columns, &how, lost);
    Py_END_ALLOW_THREADS
    release_all(found, 2);
    return Py_BuildValue("nnn", (Py_ssize_t)lost[0], (Py_ssize_t)lost[1], (Py_ssize_t)lost[2]);
}

PyDoc_STRVAR(extremes_doc,
             "extremes(values)\n--\n\n"
             "The smallest and the largest finite one of flat float32 or float64 values; inf and -inf if\n"
             "there is none.");

static PyObject *extremes_(PyObject *self, PyObject *object) {
    (void)self;
    Array values;
    double ends[2];
    if (!get(object, "values", 0, 1, "fd", &values))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    extremes(values.type, values.view.buf, (size_t)values.columns, ends);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&values.view);
    return Py_BuildValue("dd", ends[0], ends[1]);
}

PyDoc_STRVAR(gray_doc,
             "gray(colors, red, green, blue, out)\n--\n\n"
             "Write grey, rounded half to even, into out: rows of pixels of 8 or 16 bits without sign,\n"
             "from rows of three colours each, which are so many thousandths of it: 1000 together.");

static PyObject *gray(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[2];
    int parts[3];
    if (!PyArg_ParseTuple(args, "OiiiO", &o[0], &parts[0], &parts[1], &parts[2], &o[1]))
        return NULL;
    Array found[2], *colors = &found[0], *out = &found[1];
    Wanted wanted[] = {{o[0], "colors", 0, 2, "BH"}, {o[1], "out", 1, 2, "BH"}};
    if (!get_all(wanted, 2, found))
        return NULL;
    const char *wrong = NULL;
    const int32_t thousandths[3] = {parts[0], parts[1], parts[2]};
    for (int i = 0; i < 3; i++)
        if (parts[i] < 0 || parts[i] > 1000)
            wrong = "a part is not from 0 to 1000";
    if (!wrong && parts[0] + parts[1] + parts[2] != 1000)
        wrong = "the parts are not 1000 together";
    if (colors->type != out->type || colors->rows != out->rows ||
        colors->columns % 3 || colors->columns / 3 != out->columns)
        wrong = "out has not one value of the same type for each three";
    else if (overlap(colors, out))
        wrong = "colors and out overlap";
    if (!wrong) {
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < out->rows; row++)
            gray_row(out->type, row_of(colors, row), thousandths, written_row(out, row),
                     (size_t)out->columns);
        Py_END_ALLOW_THREADS
    }
    return ended(found, 2, wrong);
}

PyDoc_STRVAR(peak_doc,
             "peak(values)\n--\n\nThe largest magnitude of flat float32 or float64 values; NaN if there is one.");

static PyObject *peak_(PyObject *self, PyObject *object) {
    (void)self;
    Array values;
    if (!get(object, "values", 0, 1, "fd", &values))
        return NULL;
    double found;
    Py_BEGIN_ALLOW_THREADS
    found = peak(values.type, values.view.buf, (size_t)values.columns);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&values.view);
    return PyFloat_FromDouble(found);
}

static const char *unfit(const Array *filtered, const Array *above, const Array *rows,
                         const Array *written, Py_ssize_t step) {
    if (filtered->rows != rows->rows || filtered->columns != rows->columns + 1)
        return "filtered and rows do not have shapes (n, 1 + bytes) and (n, bytes)";
    if (above->columns != rows->columns)
        return "above is not as long as a row";
    if (step < 1 || step > 8 || step == 5 || step == 7 || rows->columns % step)
        return "rows are not pixels of so many bytes";
    if (overlap(filtered, rows) || overlap(above, written))
        return "the arrays overlap";
    return NULL;
}

PyDoc_STRVAR(undo_filters_doc,
             "undo_filters(filtered, above, rows, step)\n--\n\n"
             "Undo PNG's filters: from filtered (n, 1 + bytes) and the row above it into rows\n"
             "(n, bytes), in pixels of `step` bytes. Returns whether all rows have a known filter.");

static PyObject *undo_filters(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3];
    Py_ssize_t step;
    if (!PyArg_ParseTuple(args, "OOOn", &o[0], &o[1], &o[2], &step))
        return NULL;
    Array found[3], *filtered = &found[0], *above = &found[1], *rows = &found[2];
    Wanted wanted[] = {{o[0], "filtered", 0, 2, "B"},
                       {o[1], "above", 0, 1, "B"},
                       {o[2], "rows", 1, 2, "B"}};
    if (!get_all(wanted, 3, found))
        return NULL;
    const char *wrong = unfit(filtered, above, rows, rows, step);
    if (wrong)
        return ended(found, 3, wrong);
    int known = 1;
    const uint8_t *before = above->view.buf;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t row = 0; row < rows->rows && known; row++) {
        const uint8_t *from = row_of(filtered, row);
        uint8_t *to = written_row(rows, row);
        known = undo_filter(*from, from + 1, before, to, (size_t)rows->columns, (size_t)step);
        before = to;
    }
    Py_END_ALLOW_THREADS
    release_all(found, 3);
    return PyBool_FromLong(known);
}

PyDoc_STRVAR(apply_filters_doc,
             "apply_filters(filtered, above, rows, step, kind)\n--\n\n"
             "Apply a filter of PNG, 0 to 4, to rows (n, bytes) below the row `above`, in pixels of\n"
             "`step` bytes; into filtered (n, 1 + bytes), the first byte of each naming the filter.");

static PyObject *apply_filters(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *o[3];
    Py_ssize_t step;
    int kind;
    if (!PyArg_ParseTuple(args, "OOOni", &o[0], &o[1], &o[2], &step, &kind))
        return NULL;
    Array found[3], *filtered = &found[0], *above = &found[1], *rows = &found[2];
    Wanted wanted[] = {{o[0], "filtered", 1, 2, "B"},
                       {o[1], "above", 0, 1, "B"},
                       {o[2], "rows", 0, 2, "B"}};
    if (!get_all(wanted, 3, found))
        return NULL;
    const char *wrong = unfit(filtered, above, rows, filtered, step);
    if (kind < NONE || kind > PAETH)
        wrong = "kind is no filter, expected 0 to 4";
    if (!wrong) {
        const uint8_t *before = above->view.buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t row = 0; row < rows->rows; row++) {
            uint8_t *to = written_row(filtered, row);
            *to = (uint8_t)kind;
            apply_filter(kind, row_of(rows, row), before, to + 1, (size_t)rows->columns,
                         (size_t)step);
            before = row_of(rows, row);
        }
        Py_END_ALLOW_THREADS
    }
    return ended(found, 3, wrong);
}

PyDoc_STRVAR(vectors_doc, "vectors()\n--\n\nThe processor's vectors that the loops use: AVX-512, AVX2 or none.");

static PyObject *vectors_(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    return PyUnicode_FromString(vectors());
}

static PyMethodDef functions[] = {
    {"vectors", vectors_, METH_NOARGS, vectors_doc},
    {"correlate", correlate, METH_VARARGS, correlate_doc},
    {"correlate_at", correlate_at_, METH_VARARGS, correlate_at_doc},
    {"pool", pool, METH_VARARGS, pool_doc},
    {"order", order, METH_VARARGS, order_doc},
    {"divide", divide, METH_VARARGS, divide_doc},
    {"round_sums", round_sums, METH_VARARGS, round_sums_doc},
    {"clip", clip, METH_VARARGS, clip_doc},
    {"stretch", stretch, METH_VARARGS, stretch_doc},
    {"extremes", extremes_, METH_O, extremes_doc},
    {"gray", gray, METH_VARARGS, gray_doc},
    {"peak", peak_, METH_O, peak_doc},
    {"undo_filters", undo_filters, METH_VARARGS, undo_filters_doc},
    {"apply_filters", apply_filters, METH_VARARGS, apply_filters_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "convtool.core._compiled",
    .m_doc = "convtool's innermost loops, compiled.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModuleDef_Init(&module); }

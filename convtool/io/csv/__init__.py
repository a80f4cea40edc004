"""CSV: a matrix of numbers, comma-separated, with one line for each row.

Another delimiter becomes a comma before rows are read, and takes its place in rows that are
written. Rows of headings count as comments.

Several channels follow one another as blocks, each under a line ``# channel 0: R``, with an empty
line between. So do slices, under ``# slice 0``, or ``# slice 0, channel 0: R``.

A CSV does not name the type of its numbers. The reader takes the narrowest type that keeps every
number as it is written: int16, int32 or int64 for whole numbers, else float32 or float64. So 0.1
is read as a float32. A line ``# float64`` anywhere in the file makes it a float64. A cell with
nothing in it is missing: NaN. The writer gives every value exactly as computed, and adds that line
where a map of float64 needs it.
"""

WIDE = "# float64"
"""The line that marks numbers as float64 where their text would be read as float32."""

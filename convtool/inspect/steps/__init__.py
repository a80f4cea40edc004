"""The arithmetic of one value on paper, one file for each kind of stage."""

"""Ways to compute the sums of a convolution, one file each, and the planner that chooses."""

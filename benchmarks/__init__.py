"""Side by side with the peers. ``python -m benchmarks engine`` writes a table and a plot."""

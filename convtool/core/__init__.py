"""What all other rooms stand on: errors, choices, checks, types, geometry, borders, threads."""

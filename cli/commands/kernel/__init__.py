"""convtool kernel: a file for each of its commands, and the group of them."""

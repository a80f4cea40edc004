"""Facts, not pictures: one value explained, shapes predicted, a kernel's properties."""

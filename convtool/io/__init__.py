"""Where images come from and go to: one file a format, for both directions."""

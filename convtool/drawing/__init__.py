"""Pictures with words in them: what they are put together of, and a file for each kind."""

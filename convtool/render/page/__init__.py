"""A page that shows a map in the making: what is put into it, and its HTML, CSS and JavaScript."""

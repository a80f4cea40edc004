"""The kernel between two images, learned from their pixels."""

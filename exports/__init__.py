"""A Document in, a file out."""

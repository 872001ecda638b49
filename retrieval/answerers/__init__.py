"""One file per way to turn found passages into an answer."""

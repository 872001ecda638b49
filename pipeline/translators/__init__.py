"""Text in another language: by an instruct model, by a translation model, or by Apertium's programs."""

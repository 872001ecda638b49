"""The Gradio door."""

"""What the product does, without HTTP or widgets."""

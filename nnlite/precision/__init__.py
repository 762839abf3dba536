"""Training with operands that are rounded to bfloat16, on the processor's matrix units where it has any."""

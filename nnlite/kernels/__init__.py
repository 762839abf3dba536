"""Every compiled loop: serial, in place, no validation."""

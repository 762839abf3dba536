"""What raw categories become: merged spellings, dropped phrases, a few major categories."""

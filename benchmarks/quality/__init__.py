"""How well labels are ranked, and what each part of the recipe adds."""

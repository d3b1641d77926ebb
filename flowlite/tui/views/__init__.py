"""What fills the screen between its first and its last line. Each view is made once, for all places of its kind."""

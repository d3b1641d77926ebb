"""What is known of a log that somebody looks at, and how its lines are laid out. Knows no Textual."""

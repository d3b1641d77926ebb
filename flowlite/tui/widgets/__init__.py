"""What the terminal UI is put together from: each widget draws rows of spans and knows no client."""

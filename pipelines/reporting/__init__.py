"""What goes into reports: figures out of Gold and out of flowlite's own state, words about them, and charts."""

"""SQLite: schema, migrations, the one writer, the readers. Speaks in verbs of the field; decides nothing.

`Store` (store.py) is the door; rows.py and views.py hold what goes in and comes out, errors.py what can be wrong.
"""

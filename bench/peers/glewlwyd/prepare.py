"""Makes glewlwyd's database, as its package would: `prepare.py SCHEMA DATABASE`."""

import gzip
import sqlite3
import sys

schema, database = sys.argv[1:]
connection = sqlite3.connect(database)
connection.executescript(gzip.open(schema, "rt").read())
# Readers and the writer do not wait for each other. The file remembers it.
connection.execute("PRAGMA journal_mode = WAL")
connection.close()

"""The books: tables, queries, migrations. Functions take a transaction and never commit."""

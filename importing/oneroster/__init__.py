"""OneRoster 1.2 CSV: a school's roster, from its zip or unzipped folder, into the books."""

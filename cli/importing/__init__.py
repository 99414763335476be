"""`bellwether import`: CSV files, checked whole before anything is written."""

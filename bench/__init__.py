"""What `make bench` runs: pages and actions of a built company, beside the plain SQL."""

//! A PostgreSQL database of its own for every test, on every flavour the machine offers

//! A private PostgreSQL cluster: created, started, adopted and stopped

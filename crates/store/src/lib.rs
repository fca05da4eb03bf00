//! Everything that touches SQL: pools, migrations, bulk writes, bars, leases, notifications

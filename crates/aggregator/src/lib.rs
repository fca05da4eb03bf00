//! Owner of the schema: migrates, refreshes roll-ups, retains, compresses

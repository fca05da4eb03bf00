// Runs before the first paint, so that a reload does not flash in the other theme.

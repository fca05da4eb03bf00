-- Why the trades of a gap are not asked for (any more): it is older than the exchange keeps trades, or
-- larger than is worth its calls, or the exchange answered without them. NULL: they will be, or were.
ALTER TABLE gaps ADD COLUMN given_up text;

/**
 * What placing a pod on a node costs; the lowest wins. Whole numbers, so that sums are the same in whatever order they
 * are made, within a 32-bit integer.
 */
export const UNIT = 100_000;

/** No price makes it possible. */
export const IMPOSSIBLE = 2 ** 31 - 1;

/** A wish fully met outweighs any difference in packing. */
export const WISH = 2 * UNIT;

/** An untolerated PreferNoSchedule taint outweighs a wish. */
export const UNWANTED = 3 * UNIT;

/** One wish costs or gives at most that much, so that a sum of them stays within its integer. */
export const MOST_WISHED = 500 * UNIT;

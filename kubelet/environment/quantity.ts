import * as quantity from '../../shared/quantity';

/** Thousandths of a quantity, rounded up; 0 for one that is not given. */
export const milliOf = (text: string | number | undefined): number => (text === undefined ? 0 : quantity.milliOf(text));

/** Whole units of a quantity, rounded up; 0 for one that is not given. */
export const unitsOf = (text: string | number | undefined): number => (text === undefined ? 0 : quantity.unitsOf(text));

import type { Requirement } from '../../../shared/selectors/label-selector';
import { SelectorError, parseLabelSelector } from '../../../shared/selectors/label-selector';
import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import { text } from '../command';
import { generating } from './generator';

export const podDisruptionBudget = generating({
  name: 'poddisruptionbudget',
  aliases: ['pdb'],
  describe: 'how many pods must stay while others are evicted',
  type: KNOWN.podDisruptionBudget,
  failure: 'poddisruptionbudgets',
  build: (yargs) =>
    yargs
      .option('selector', { type: 'string', describe: 'of which pods' })
      .option('min-available', { type: 'string', describe: 'how many must stay: a number or a percentage' })
      .option('max-unavailable', { type: 'string', describe: 'how many may be away' }),
  make: (flags) => {
    const selector = text(flags, 'selector');
    const [min, max] = [text(flags, 'min-available'), text(flags, 'max-unavailable')];
    if (selector === undefined) throw new UsageError('a selector must be specified');
    if (min === undefined && max === undefined)
      throw new UsageError('one of min-available or max-unavailable must be specified');
    if (min !== undefined && max !== undefined)
      throw new UsageError('min-available and max-unavailable cannot be both specified');
    return {
      spec: {
        ...(min === undefined ? {} : { minAvailable: numberOrPercent(min) }),
        ...(max === undefined ? {} : { maxUnavailable: numberOrPercent(max) }),
        selector: selectorFields(selector),
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
});

const numberOrPercent = (given: string): number | string => (/^\d+$/.test(given) ? Number(given) : given);

/** `a=b,c in (d,e),!f` as the fields of a LabelSelector. Throws UsageError. */
export function selectorFields(given: string): object {
  let requirements: readonly Requirement[];
  try {
    requirements = parseLabelSelector(given);
  } catch (error) {
    if (error instanceof SelectorError) throw new UsageError(error.message);
    throw error;
  }
  const labels: [string, string][] = [];
  const expressions: object[] = [];
  for (const each of requirements) {
    if (each.operator === 'in' && each.values.length === 1 && !/\bin\b/.test(given))
      labels.push([each.key, each.values[0] ?? '']);
    else if (each.operator === 'in')
      expressions.push({ key: each.key, operator: 'In', values: [...each.values].sort() });
    else if (each.operator === 'notin')
      expressions.push({ key: each.key, operator: 'NotIn', values: [...each.values].sort() });
    else if (each.operator === 'exists') expressions.push({ key: each.key, operator: 'Exists' });
    else if (each.operator === 'absent') expressions.push({ key: each.key, operator: 'DoesNotExist' });
    else throw new UsageError(`"${given}": > and < are not for a label selector's fields`);
  }
  return {
    ...(labels.length === 0 ? {} : { matchLabels: Object.fromEntries(labels) }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

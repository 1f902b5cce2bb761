import type { Environment } from '@marcbachmann/cel-js';
import { isEqual } from './text-and-lists';

/** What stands before the dot of `sets.contains(a, b)`. */
class Sets {}
const TYPE = 'cel.Sets';

const contains = (list: unknown[], part: unknown[]): boolean =>
  part.every((item) => list.some((each) => isEqual(each, item)));

/** cel-go ext: sets */
export function addSets(environment: Environment): void {
  environment.registerType(TYPE, { ctor: Sets, fields: {} });
  environment.registerConstant('sets', TYPE, new Sets());
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    [`${TYPE}.contains(list<dyn>, list<dyn>): bool`]: (_: Sets, list: unknown[], part: unknown[]) =>
      contains(list, part),
    [`${TYPE}.equivalent(list<dyn>, list<dyn>): bool`]: (_: Sets, a: unknown[], b: unknown[]) =>
      contains(a, b) && contains(b, a),
    [`${TYPE}.intersects(list<dyn>, list<dyn>): bool`]: (_: Sets, a: unknown[], b: unknown[]) =>
      a.some((item) => b.some((each) => isEqual(each, item))),
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}

import { Environment } from '@marcbachmann/cel-js';
import { addAddresses } from './libraries/addresses';
import { addQuantities } from './libraries/quantities';
import { addTextAndLists } from './libraries/text-and-lists';
import { TimeLimit } from './within-time';

/** Of what an expression may be made. */
const LIMITS = { maxAstNodes: 5_000, maxDepth: 100, maxListElements: 1_000, maxMapEntries: 1_000 };
/** An expression must not hold up all other requests. On a busy machine much of this is waiting for a processor. */
const LIMIT_MS = 1_000;
/** Kubernetes' own limit is on costs; a text of this length is beyond any that is meant. */
const MAX_LENGTH = 10 * 1024;

/** An expression that cannot be compiled, or not be evaluated on these values; the message is fit for who wrote it. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

/** A compiled expression. */
export interface Expression {
  /** Values by the variables' names, as `toCel` makes them. Throws CelError. */
  evaluate(values: Readonly<Record<string, unknown>>): unknown;
}

/** Compiles expressions over variables of any type, with Kubernetes' functions. */
export class Expressions {
  private readonly environment: Environment;
  private readonly compiled = new Map<string, Expression>();
  private readonly limit = new TimeLimit(LIMIT_MS);

  constructor(variables: readonly string[]) {
    const environment = new Environment({
      unlistedVariablesAreDyn: false,
      homogeneousAggregateLiterals: false,
      enableOptionalTypes: true,
      limits: LIMITS,
    });
    addTextAndLists(environment);
    addQuantities(environment);
    addAddresses(environment);
    for (const name of variables) environment.registerVariable(name, 'dyn');
    this.environment = environment;
  }

  /** Compiled once for each text. Throws CelError. */
  compile(text: string): Expression {
    const known = this.compiled.get(text);
    if (known !== undefined) return known;
    if (text.length > MAX_LENGTH) throw new CelError(`the expression is longer than ${MAX_LENGTH} characters`);
    const made = this.parse(text);
    this.compiled.set(text, made);
    return made;
  }

  private parse(text: string): Expression {
    const parsed = attempt(() => this.environment.parse(text));
    const check = parsed.check();
    if (!check.valid) throw celError(check.error);
    return { evaluate: (values) => attempt(() => this.limit.run(() => parsed(values))) };
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw celError(error);
  }
}

/** The first line says what is wrong; the others draw where. */
function celError(error: unknown): CelError {
  const [message = ''] = (error instanceof Error || hasMessage(error) ? error.message : String(error)).split('\n');
  return new CelError(message, { cause: error });
}

const hasMessage = (error: unknown): error is { readonly message: string } =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

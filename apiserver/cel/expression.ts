import type { ASTNode } from '@marcbachmann/cel-js';
import { Environment } from '@marcbachmann/cel-js';
import { addAddresses } from './libraries/addresses';
import { addAuthorizer } from './libraries/authorizer';
import { addFormat } from './libraries/format';
import { addQuantities } from './libraries/quantities';
import { addSets } from './libraries/sets';
import { addTextAndLists, RE2_MATCHES } from './libraries/text-and-lists';
import { addTimes } from './libraries/times';
import { addUrls } from './libraries/urls';
import { addListTypes, withListTypes } from './list-types';
import { reads, walk } from './syntax-tree';
import { TimeLimit } from './within-time';

/** Of what an expression may be made. */
const LIMITS = { maxAstNodes: 5_000, maxDepth: 100, maxListElements: 1_000, maxMapEntries: 1_000 };
/** An expression must not hold up all other requests. On a busy machine much of this is waiting for a processor. */
const LIMIT_MS = 1_000;
/** Kubernetes' own limit is on costs; a text of this length is beyond any that is meant. */
const MAX_LENGTH = 10 * 1024;
/** Expressions kept compiled: those of all policies and definitions in use, not all that were ever tried. */
const KEPT = 2_000;

/** An expression that cannot be compiled, or not be evaluated on these values; the message is fit for who wrote it. */
export class CelError extends Error {
  override readonly name = 'CelError';
}

/** A compiled expression. */
export interface Expression {
  readonly ast: ASTNode;
  /** Values by the variables' names, as `toCel` makes them. Throws CelError. */
  evaluate(values: Readonly<Record<string, unknown>>): unknown;
  /** Whether it looks at this variable. */
  reads(variable: string): boolean;
}

/** What is known of variables' fields: types by name, each with its fields' types in CEL's words. */
export interface KnownTypes {
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The variables' types: one of those above, or CEL's own. */
  readonly variables: Readonly<Record<string, string>>;
}

/** CEL with Kubernetes' functions, and no variables yet. */
function createEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  });
  addTextAndLists(environment);
  addFormat(environment);
  addSets(environment);
  addTimes(environment);
  addQuantities(environment);
  addAddresses(environment);
  addUrls(environment);
  addAuthorizer(environment);
  return environment;
}

/** Compiles expressions over variables of any type, with Kubernetes' functions. */
export class Expressions {
  private readonly environment = createEnvironment();
  private readonly compiled = new Map<string, Expression>();
  private readonly limit = new TimeLimit(LIMIT_MS);

  /** `listTypes`: values may have lists whose items are told apart otherwise than by their place. */
  constructor(
    variables: readonly string[],
    private readonly options: { readonly listTypes?: boolean } = {},
  ) {
    if (options.listTypes === true) addListTypes(this.environment);
    for (const name of variables) this.environment.registerVariable(name, 'dyn');
  }

  /** Compiled once for each text. Throws CelError. */
  compile(text: string): Expression {
    const known = this.compiled.get(text);
    if (known !== undefined) return known;
    const made = this.parse(text);
    this.compiled.set(text, made);
    const [oldest] = this.compiled.keys();
    if (this.compiled.size > KEPT && oldest !== undefined) this.compiled.delete(oldest);
    return made;
  }

  private withListTypes(text: string): string {
    try {
      return withListTypes(this.environment, text);
    } catch {
      // What cannot be parsed is told of by who parses it for good.
      return text;
    }
  }

  private parse(text: string): Expression {
    const parsed = parseIn(this.environment, this.options.listTypes === true ? this.withListTypes(text) : text);
    const check = parsed.check();
    if (!check.valid) throw celError(check.error);
    const { ast } = parsed;
    return {
      ast,
      evaluate: (values) => attempt(() => this.limit.run(() => parsed(values))),
      reads: (variable) => reads(ast, variable),
    };
  }
}

const OVERLOAD = /^no such overload: (int|double|string|bool) ([-+*/%<>=!]+) (int|double|string|bool)$/m;

/**
 * Looks for fields that the types do not have, and for operators between plain values that do not go together. What else
 * types could tell is left to the evaluation, so that nothing is refused that Kubernetes takes.
 */
export class FieldChecker {
  private readonly environment = createEnvironment();

  constructor({ types, variables }: KnownTypes) {
    for (const [name, fields] of Object.entries(types)) this.environment.registerType(name, { fields: { ...fields } });
    for (const [name, type] of Object.entries(variables)) this.environment.registerVariable(name, type);
  }

  /** The name of a field that an expression reads and that is not there. Throws CelError for what cannot be parsed. */
  undefinedField(text: string): string | undefined {
    const { error } = parseIn(this.environment, text).check();
    if (error?.code !== 'no_such_key') return undefined;
    return /^No such key: (.*)$/m.exec(error.message)?.[1];
  }

  /** What operator stands between text or truth and something else, in Kubernetes' words. Throws CelError. */
  mismatch(text: string): string | undefined {
    const { error } = parseIn(this.environment, text).check();
    const [, left = '', operator = '', right = ''] = OVERLOAD.exec(error?.message ?? '') ?? [];
    // Numbers of two kinds are compared.
    const isPlain = (type: string): boolean => type === 'string' || type === 'bool';
    return left === right || !(isPlain(left) || isPlain(right))
      ? undefined
      : `found no matching overload for '_${operator}_' applied to '(${left}, ${right})'`;
  }
}

function parseIn(environment: Environment, text: string): ReturnType<Environment['parse']> {
  if (text.length > MAX_LENGTH) throw new CelError(`the expression is longer than ${MAX_LENGTH} characters`);
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    throw new CelError(`syntax error: ${firstLine(error)}`, { cause: error });
  }
  // The library's own `matches` runs JavaScript's expressions, whose time has no bound.
  walk(parsed.ast, (node) => {
    if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = RE2_MATCHES;
  });
  return parsed;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw celError(error);
  }
}

const celError = (error: unknown): CelError => new CelError(firstLine(error), { cause: error });

/** The first line says what is wrong; the others draw where. */
function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error || hasMessage(error) ? error.message : String(error)).split('\n');
  return line;
}

const hasMessage = (error: unknown): error is { readonly message: string } =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

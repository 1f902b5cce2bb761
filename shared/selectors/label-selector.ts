import type { LabelSelector } from '../api/objects';
import { isLabelValue, isQualifiedName } from '../names';
import { tokenize } from './label-tokens';
import type { Token } from './label-tokens';

export type Labels = Readonly<Record<string, string>>;

export type Requirement =
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'gt' | 'lt'; readonly value: number };

/** All requirements must hold; none: everything matches. */
export type Selector = readonly Requirement[];

export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}

/** Reads `a=b,c!=d,e in (f,g),!h,i>1`. Throws `SelectorError` in the words of Kubernetes' parser. */
export function parseLabelSelector(text: string): Selector {
  return new Parser(tokenize(text)).parse();
}

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => meets(requirement, labelOf(labels ?? {}, requirement.key)));
}

function meets(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'gt':
      return isInteger(value) && Number(value) > requirement.value;
    case 'lt':
      return isInteger(value) && Number(value) < requirement.value;
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^[+-]?\d+$/.test(text);

/** The selector of an object's `spec.selector`. Absent selects nothing (undefined), empty selects everything. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined) return undefined;
  const equals = Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: 'in',
    values: [value],
  }));
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): Requirement => {
    switch (operator) {
      case 'In':
        return { key, operator: 'in', values };
      case 'NotIn':
        return { key, operator: 'notin', values };
      case 'Exists':
        return { key, operator: 'exists' };
      case 'DoesNotExist':
        return { key, operator: 'absent' };
      default:
        throw new SelectorError(`"${operator}" is not a valid label selector operator`);
    }
  });
  return [...equals, ...expressions];
}

const OPERATORS = new Set(['in', 'notin', '=', '==', '!=', '>', '<']);

/** Grammar and messages of k8s.io/apimachinery/pkg/labels. */
class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): Selector {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.peek();
      if (token.type === 'end') return requirements;
      if (token.type !== 'word' && token.text !== '!') {
        throw new SelectorError(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.requirement());
      const separator = this.next();
      if (separator.type === 'end') return requirements;
      if (separator.text !== ',') {
        throw new SelectorError(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const following = this.peek();
      if (following.type !== 'word' && following.text !== '!') {
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  private peek(): Token {
    return this.tokens[this.position] ?? { type: 'end', text: '' };
  }

  private next(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }

  private requirement(): Requirement {
    const negated = this.peek().text === '!' && this.peek().type === 'symbol';
    if (negated) this.next();
    const token = this.next();
    if (token.type !== 'word') throw parseError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    checkKey(key);
    if (negated) return { key, operator: 'absent' };
    const following = this.peek();
    if (following.type === 'end' || following.text === ',') return { key, operator: 'exists' };
    return this.comparison(key);
  }

  private comparison(key: string): Requirement {
    const { text: operator } = this.next();
    if (!OPERATORS.has(operator)) throw parseError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    if (operator === 'in' || operator === 'notin') return { key, operator, values: checkValues(key, this.set()) };
    const values = checkValues(key, [this.exactValue()]);
    if (operator !== '>' && operator !== '<') return { key, operator: operator === '!=' ? 'notin' : 'in', values };
    const [value] = values;
    if (!isInteger(value)) {
      throw parseError(
        `values[0][${key}]: Invalid value: "${value ?? ''}": for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return { key, operator: operator === '>' ? 'gt' : 'lt', value: Number(value) };
  }

  private exactValue(): string {
    const token = this.peek();
    if (token.type === 'end' || token.text === ',') return '';
    if (token.type !== 'word') throw parseError(`found '${token.text}', expected: identifier`);
    return this.next().text;
  }

  private set(): string[] {
    const open = this.next();
    if (open.text !== '(') throw parseError(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.peek();
      if (token.type === 'word') {
        values.push(this.next().text);
        const separator = this.next();
        if (separator.text === ')') return values;
        if (separator.text !== ',') throw parseError(`found '${separator.text}', expected: ',' or ')'`);
        if (this.peek().text === ')') values.push('');
      } else if (token.text === ',') {
        this.next();
        values.push('');
      } else if (token.text === ')') {
        this.next();
        return values.length === 0 ? [''] : values;
      } else {
        throw parseError(`found '${token.text}', expected: ',', ')' or identifier`);
      }
    }
  }
}

const parseError = (message: string): SelectorError => new SelectorError(`unable to parse requirement: ${message}`);

function checkKey(key: string): void {
  const problems = isQualifiedName(key);
  if (problems.length > 0) throw parseError(`<nil>: Invalid value: "${key}": ${problems.join('; ')}`);
}

function checkValues(key: string, values: string[]): string[] {
  values.forEach((value, index) => {
    const problems = isLabelValue(value);
    if (problems.length > 0)
      throw parseError(`values[${index}][${key}]: Invalid value: "${value}": ${problems.join('; ')}`);
  });
  return values;
}

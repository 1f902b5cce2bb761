import type { Environment } from '@marcbachmann/cel-js';

const CLAUSE = /%(?:\.(\d+))?([a-zA-Z%])/g;
const DEFAULT_PRECISION = 6;

/** cel-go ext: strings, format. `'%s has %d'.format([name, count])` */
export function addFormat(environment: Environment): void {
  environment.registerFunction('string.format(list<dyn>): string', ((text: string, values: unknown[]) => {
    let next = 0;
    return text.replace(CLAUSE, (_clause, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= values.length) throw new Error(`index ${next} out of range`);
      return formatted(verb, values[next++], precision === undefined ? undefined : Number(precision));
    });
  }) as never);
}

function formatted(verb: string, value: unknown, precision = DEFAULT_PRECISION): string {
  switch (verb) {
    case 's':
      return textOf(value);
    case 'd':
      if (typeof value === 'bigint' || typeof value === 'number') return textOf(value);
      break;
    case 'f':
      if (typeof value === 'bigint' || typeof value === 'number') return Number(value).toFixed(precision);
      break;
    case 'e':
      if (typeof value === 'bigint' || typeof value === 'number')
        return Number(value)
          .toExponential(precision)
          .replace(/e([+-])(\d)$/, 'e$10$2');
      break;
    case 'b':
    case 'o':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString(verb === 'b' ? 2 : 8);
      break;
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'bigint'
          ? value.toString(16)
          : typeof value === 'string' || value instanceof Uint8Array
            ? Buffer.from(value as string).toString('hex')
            : undefined;
      if (hex !== undefined) return verb === 'x' ? hex : hex.toUpperCase();
      break;
    }
    default:
      throw new Error(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`);
  }
  throw new Error(`error during formatting: %${verb} does not take ${textOf(value)}`);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return 'null';
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries
    .map(([name, item]) => `${textOf(name)}: ${textOf(item)}`)
    .sort()
    .join(', ')}}`;
}

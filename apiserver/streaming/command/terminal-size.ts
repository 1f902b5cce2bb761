import type { TerminalSize } from './command-client';

const MAX_SIDE = 65_535;

/** `{"Width":80,"Height":24}`; undefined for anything else: a bad size is no reason to end a session. */
export function parseTerminalSize(data: Buffer): TerminalSize | undefined {
  let size: unknown;
  try {
    size = JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof size !== 'object' || size === null) return undefined;
  const width: unknown = Reflect.get(size, 'Width');
  const height: unknown = Reflect.get(size, 'Height');
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

const isSide = (side: unknown): side is number =>
  Number.isInteger(side) && Number(side) > 0 && Number(side) <= MAX_SIDE;

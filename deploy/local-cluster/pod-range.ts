import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cidr } from '../../shared/cidr';
import { overlap, parseCidr } from '../../shared/cidr';
import { command } from './command';
import type { Layout } from './layout';

/** Kubernetes' usual block first; then others, also outside 10.0.0.0/8, which a company's network often has as a whole. */
const RANGES = [
  ...Array.from({ length: 11 }, (_, index) => `10.${244 + index}.0.0/16`),
  ...Array.from({ length: 8 }, (_, index) => `172.${24 + index}.0.0/16`),
  '198.18.0.0/16',
];
const [USUAL = ''] = RANGES;

/**
 * The addresses of this cluster's pods: those it had before, else the first block that no route of the machine has yet, so
 * that clusters of several checkouts, and other networks, stand beside each other.
 */
export async function podRange(layout: Layout): Promise<string> {
  const file = path.join(layout.root, 'pod-range');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  // A cluster from before had no choice.
  const range = existsSync(layout.serverData) ? USUAL : freeRange(await routesOfMachine());
  writeFileSync(file, `${range}\n`);
  return range;
}

/** The usual one where all are taken: the node then says by what. */
export const freeRange = (taken: readonly Cidr[]): string =>
  RANGES.find((range) => {
    const block = parseCidr(range);
    return block !== undefined && !taken.some((each) => overlap(each, block));
  }) ?? USUAL;

async function routesOfMachine(): Promise<readonly Cidr[]> {
  const { status, stdout } = await command('ip', ['-json', '-4', 'route', 'show', 'table', 'main']);
  if (status !== 0) return [];
  const routes = JSON.parse(stdout) as readonly { readonly dst?: string }[];
  // The default route leads everywhere.
  return routes.flatMap(({ dst = '' }) => parseCidr(dst) ?? []).filter(({ prefix }) => prefix > 0);
}

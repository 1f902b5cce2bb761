import type { Argv } from 'yargs';
import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import type { Flags } from '../command';
import { count, group, list, required, text } from '../command';
import type { Fields } from './generator';
import { generating } from './generator';

const ports = (yargs: Argv): Argv =>
  yargs.option('tcp', { type: 'string', array: true, describe: 'PORT or PORT:TARGET' });

interface Kind {
  readonly name: string;
  readonly type: string;
  readonly describe: string;
  readonly build: (yargs: Argv) => Argv;
  readonly fields?: (flags: Flags) => Readonly<Record<string, unknown>>;
  /** Whether it is nothing without ports. */
  readonly needsPorts: (flags: Flags) => boolean;
}

const ofKind = ({ name, type, describe, build, fields, needsPorts }: Kind) =>
  generating({
    name,
    describe,
    type: KNOWN.service,
    failure: `${type} service`,
    build: (yargs) => build(ports(yargs)),
    make: (flags, service): Fields => {
      const more = fields?.(flags) ?? {};
      const given = list(flags, 'tcp');
      if (given.length === 0 && needsPorts(flags))
        throw new UsageError('at least one tcp port specifier must be provided');
      const labels = { app: service };
      const nodePort = count(flags, 'node-port') ?? 0;
      const parsed = given.map((each) => ({ ...parsePort(each), ...(nodePort > 0 ? { nodePort } : {}) }));
      return {
        metadata: { labels },
        spec: { ...more, ...(parsed.length === 0 ? {} : { ports: parsed }), selector: labels, type },
        status: { loadBalancer: {} },
      };
    },
  });

/** `80`, `80:8080` or `80:http`. Throws UsageError. */
function parsePort(given: string): Readonly<Record<string, unknown>> {
  const [from = '', to = from, ...more] = given.split(':');
  if (!isPort(from) || more.length > 0 || (/^\d+$/.test(to) ? !isPort(to) : !/^[a-z0-9-]{1,15}$/.test(to)))
    throw new UsageError(`--tcp ${given}: must be PORT, PORT:TARGET or PORT:NAME, with ports from 1 to 65535`);
  const targetPort = /^\d+$/.test(to) ? Number(to) : to;
  return { name: given.replaceAll(':', '-'), port: Number(from), protocol: 'TCP', targetPort };
}

const isPort = (word: string): boolean => /^\d+$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535;

export const service = group({
  name: 'service',
  aliases: ['svc'],
  describe: 'one address for many pods: clusterip, nodeport, loadbalancer, externalname',
  subcommands: [
    ofKind({
      name: 'clusterip',
      type: 'ClusterIP',
      describe: 'reached within the cluster',
      build: (yargs) =>
        yargs.option('clusterip', { type: 'string', describe: 'the address, or None for a headless one' }),
      fields: (flags) => {
        const clusterIP = text(flags, 'clusterip');
        return clusterIP === undefined ? {} : { clusterIP };
      },
      needsPorts: (flags) => text(flags, 'clusterip') !== 'None',
    }),
    ofKind({
      name: 'nodeport',
      type: 'NodePort',
      describe: 'reached by a port of every node',
      build: (yargs) => yargs.option('node-port', { type: 'number', default: 0, describe: 'that port' }),
      needsPorts: () => true,
    }),
    ofKind({
      name: 'loadbalancer',
      type: 'LoadBalancer',
      describe: 'reached by an address of its own',
      build: (yargs) => yargs,
      needsPorts: () => true,
    }),
    ofKind({
      name: 'externalname',
      type: 'ExternalName',
      describe: 'another name for a host elsewhere',
      build: (yargs) => yargs.option('external-name', { type: 'string', describe: 'that host' }),
      fields: (flags) => ({ externalName: required(flags, 'external-name') }),
      needsPorts: () => false,
    }),
  ],
});

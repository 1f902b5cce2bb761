import { X509Certificate } from 'node:crypto';
import type { Node } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import type { Finding } from '../../shared/doctor/finding';
import { bad, doubtful, findingsText, good, verdict } from '../../shared/doctor/finding';
import { checkServer } from '../../shared/doctor/server-checks';
import { createSystemHost } from '../../shared/doctor/system-host';
import type { Command } from './command';

const SOON_MS = 14 * 24 * 60 * 60 * 1_000;

export const doctor: Command = {
  name: 'doctor',
  usage: 'doctor',
  describe: 'what is wrong with the way to the server and with the nodes, and what to type',
  build: (yargs) => yargs,
  run: async (context) => {
    const { server, certificate } = context.client().connection;
    const onTheWay = await checkServer(createSystemHost(systemClock), server);
    const findings = [...onTheWay, ...credentialFindings(certificate, systemClock.now())];
    if (verdict(onTheWay) === 0) {
      const { value } = await context.client().json<{ readonly items: readonly Node[] }>({ path: '/api/v1/nodes' });
      findings.push(...nodeFindings(value.items));
    }
    const { palette } = context;
    const paint = { good: palette.good, doubtful: palette.warn, bad: palette.bad };
    context.out(findingsText(findings, (level, mark) => paint[level](mark)));
    return verdict(findings);
  },
};

export function nodeFindings(nodes: readonly Node[]): readonly Finding[] {
  if (nodes.length === 0) {
    return [doubtful('nodes', 'none has joined: pods will wait', 'kubectl-lite token create --print-join-command')];
  }
  const sick = nodes.flatMap(({ metadata: { name }, status }) => {
    const conditions = status?.conditions ?? [];
    const ready = conditions.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') {
      const why = ready?.message ?? 'it has not said anything yet';
      return [
        bad(`node ${name}`, why, `kubectl-lite describe node ${name}`, 'on that machine: pinsetter-agent doctor'),
      ];
    }
    return conditions
      .filter(({ type, status: value }) => type !== 'Ready' && value === 'True')
      .map(({ type, message }) =>
        doubtful(`node ${name}`, `${type}: ${message ?? ''}`, `kubectl-lite describe node ${name}`),
      );
  });
  return sick.length > 0 ? sick : [good('nodes', `all ${nodes.length} ready`)];
}

function credentialFindings(certificate: Buffer | undefined, nowMs: number): readonly Finding[] {
  if (certificate === undefined) return [];
  const { validTo } = new X509Certificate(certificate);
  const leftMs = Date.parse(validTo) - nowMs;
  if (leftMs > SOON_MS) return [good('credential', `your certificate serves until ${validTo}`)];
  const renew = 'restart the server, which writes a new kubeconfig';
  return leftMs <= 0
    ? [bad('credential', `your certificate ended at ${validTo}`, renew)]
    : [doubtful('credential', `your certificate ends at ${validTo}`, renew)];
}

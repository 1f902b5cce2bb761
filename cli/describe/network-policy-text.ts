import type { StoredObject } from '../api-object';
import { selectorText } from '../selector-text';
import { annotationLines, labelLines } from './maps';

interface Peer {
  readonly podSelector?: object;
  readonly namespaceSelector?: object;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
interface Rule {
  readonly ports?: readonly { readonly port?: number | string; readonly protocol?: string }[];
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
}
interface Spec {
  readonly podSelector?: object;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** As kubectl describes a NetworkPolicy. */
export function networkPolicyText({ metadata, spec }: StoredObject): string {
  const { podSelector = {}, policyTypes = [], ingress = [], egress = [] } = (spec ?? {}) as Spec;
  const direction = (type: 'Ingress' | 'Egress', rules: readonly Rule[]): string => {
    const name = type.toLowerCase();
    return policyTypes.includes(type)
      ? `  Allowing ${name} traffic:\n${rulesText(name, rules)}`
      : `  Not affecting ${name} traffic\n`;
  };
  const selected = selectorText(podSelector);
  return [
    `Name:\t${metadata.name}\nNamespace:\t${metadata.namespace ?? ''}\n`,
    `Created on:\t${createdText(metadata.creationTimestamp)}\n`,
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    'Spec:\n',
    `  PodSelector:     ${selected === '' ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selected}\n`,
    direction('Ingress', ingress),
    direction('Egress', egress),
    `  Policy Types: ${policyTypes.join(', ')}\n`,
  ].join('');
}

function rulesText(direction: string, rules: readonly Rule[]): string {
  if (rules.length === 0) return `    <none> (Selected pods are isolated for ${direction} connectivity)\n`;
  const [side, word] = direction === 'ingress' ? ['From', 'source'] : ['To', 'destination'];
  return rules
    .map(({ ports = [], from, to }) => {
      const peers = from ?? to ?? [];
      return [
        ports.length === 0 ? '    To Port: <any> (traffic allowed to all ports)\n' : '',
        ...ports.map(({ port, protocol = 'TCP' }) => `    To Port: ${port ?? '<nil>'}/${protocol}\n`),
        peers.length === 0 ? `    ${side}: <any> (traffic not restricted by ${word})\n` : '',
        ...peers.map((peer) => `    ${side}:\n${peerText(peer)}`),
      ].join('');
    })
    .join('    ----------\n');
}

function peerText({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  const line = (name: string, selector: object | undefined): string =>
    selector === undefined ? '' : `      ${name}: ${selectorText(selector) || '<none>'}\n`;
  const block =
    ipBlock === undefined
      ? ''
      : `      IPBlock:\n        CIDR: ${ipBlock.cidr}\n        Except: ${(ipBlock.except ?? []).join(', ')}\n`;
  return `${line('NamespaceSelector', namespaceSelector)}${line('PodSelector', podSelector)}${block}`;
}

/** As Go prints a time in this machine's zone: `2026-11-23 14:54:26 +0000 UTC`. */
function createdText(timestamp: string | undefined): string {
  if (timestamp === undefined) return '0001-01-01 00:00:00 +0000 UTC';
  const time = new Date(timestamp);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -time.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const name = /\(([^)]*)\)|([A-Z]{3,5})$/.exec(time.toLocaleTimeString('en-US', { timeZoneName: 'short' }))?.[2];
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())} ${zone} ${name ?? zone}`;
}

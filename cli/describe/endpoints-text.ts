import type { Endpoints, EndpointSlice, IngressClass } from '../../shared/api/objects';
import { headText, underlined } from './head-text';

export function endpointsText({ metadata, subsets = [] }: Endpoints): string {
  const addresses = (of: readonly { readonly ip: string }[] = []): string =>
    of.map(({ ip }) => ip).join(',') || '<none>';
  const parts = subsets.map((subset) => {
    const ports = (subset.ports ?? []).map(({ name = '<unset>', port, protocol = 'TCP' }) => [
      name,
      String(port),
      protocol,
    ]);
    return [
      `  Addresses:\t${addresses(subset.addresses)}\n  NotReadyAddresses:\t${addresses(subset.notReadyAddresses)}\n`,
      ports.length === 0 ? '' : `  Ports:\n${underlined(['Name', 'Port', 'Protocol'], ports, '    ')}`,
      '\n',
    ].join('');
  });
  return `${headText(metadata)}Subsets:\n${parts.join('')}`;
}

export function endpointSliceText({ metadata, ...slice }: EndpointSlice): string {
  const ports = (slice.ports ?? []).map(({ name = '', port, protocol = 'TCP' }) => [
    name === '' ? '<unset>' : name,
    port === undefined ? '<unset>' : String(port),
    protocol,
  ]);
  const unset = (text: string | undefined): string => (text === undefined || text === '' ? '<unset>' : text);
  const endpoints = slice.endpoints.map((endpoint) => {
    const { ready } = endpoint.conditions ?? {};
    const { targetRef } = endpoint;
    return [
      `  - Addresses:\t${endpoint.addresses.join(', ')}\n`,
      `    Conditions:\n      Ready:\t${ready === undefined ? '<unset>' : String(ready)}\n    Hostname:\t${unset(endpoint.hostname)}\n`,
      targetRef === undefined ? '' : `    TargetRef:\t${targetRef.kind ?? ''}/${targetRef.name ?? ''}\n`,
      `    NodeName:\t${unset(endpoint.nodeName)}\n    Zone:\t${unset(endpoint.zone)}\n`,
    ].join('');
  });
  return [
    headText(metadata),
    `AddressType:\t${slice.addressType}\n`,
    ports.length === 0 ? 'Ports: <unset>\n' : `Ports:\n${underlined(['Name', 'Port', 'Protocol'], ports)}`,
    endpoints.length === 0 ? 'Endpoints: <none>\n' : `Endpoints:\n${endpoints.join('')}`,
  ].join('');
}

export function ingressClassText({ metadata, spec }: IngressClass): string {
  const { parameters } = spec ?? {};
  return [
    headText(metadata),
    `Controller:\t${spec?.controller ?? ''}\n`,
    parameters === undefined
      ? ''
      : `Parameters:\n  APIGroup:\t${parameters.apiGroup ?? ''}\n  Kind:\t${parameters.kind}\n  Name:\t${parameters.name}\n`,
  ].join('');
}

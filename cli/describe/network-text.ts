import type { Service } from '../../shared/api/objects';
import type { StoredObject } from '../api-object';
import { selectorText } from '../selector-text';
import { headText } from './head-text';
import { annotationLines, labelLines } from './maps';

interface EndpointSlice {
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

export function serviceText({ metadata, spec, status }: Service, slices: readonly EndpointSlice[]): string {
  const line = (label: string, value: string | undefined): string =>
    value === undefined || value === '' ? '' : `${label}:\t${value}\n`;
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  return [
    headText(metadata),
    `Selector:\t${selectorText(spec?.selector ?? {}) || '<none>'}\nType:\t${spec?.type ?? 'ClusterIP'}\n`,
    line('IP Family Policy', spec?.ipFamilyPolicy),
    spec?.ipFamilies === undefined ? '' : `IP Families:\t${spec.ipFamilies.join(',') || '<none>'}\n`,
    `IP:\t${spec?.clusterIP ?? ''}\n`,
    spec?.clusterIPs === undefined ? '' : `IPs:\t${spec.clusterIPs.join(',') || '<none>'}\n`,
    line('External IPs', spec?.externalIPs?.join(',')),
    line('Desired LoadBalancer IP', spec?.loadBalancerIP),
    line('External Name', spec?.externalName),
    line('LoadBalancer Ingress', ingress.join(', ')),
    ...(spec?.ports ?? []).map(({ name, port, protocol = 'TCP', targetPort, nodePort = 0 }) =>
      [
        `Port:\t${name ?? '<unset>'}\t${port}/${protocol}\n`,
        typeof targetPort === 'number' && targetPort > 0
          ? `TargetPort:\t${targetPort}/${protocol}\n`
          : `TargetPort:\t${String(targetPort ?? port)}/${protocol}\n`,
        nodePort === 0 ? '' : `NodePort:\t${name ?? '<unset>'}\t${nodePort}/${protocol}\n`,
        `Endpoints:\t${endpointsOf(slices, name)}\n`,
      ].join(''),
    ),
    `Session Affinity:\t${spec?.sessionAffinity ?? 'None'}\n`,
    line('External Traffic Policy', spec?.externalTrafficPolicy),
    line('Internal Traffic Policy', spec?.internalTrafficPolicy),
    line('LoadBalancer Source Ranges', spec?.loadBalancerSourceRanges?.join(',')),
  ].join('');
}

const SHOWN = 3;

function endpointsOf(slices: readonly EndpointSlice[], name: string | undefined): string {
  const all = slices.flatMap(({ ports = [], endpoints = [] }) =>
    ports
      .filter((port) => (port.name ?? '') === (name ?? ''))
      .flatMap(({ port }) =>
        endpoints
          .filter(({ conditions }) => conditions?.ready !== false)
          .flatMap(({ addresses }) => addresses.map((address) => `${address}:${port ?? ''}`)),
      ),
  );
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(',')} + ${all.length - SHOWN} more...` : all.join(',');
}

interface Backend {
  readonly service?: { readonly name: string; readonly port?: { readonly number?: number; readonly name?: string } };
  readonly resource?: { readonly kind: string; readonly name: string };
}
interface IngressSpec {
  readonly ingressClassName?: string;
  readonly defaultBackend?: Backend;
  readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: { readonly paths: readonly { readonly path?: string; readonly backend: Backend }[] };
  }[];
}

/** `whoServes`: what stands behind a backend, in the words of kubectl. */
export function ingressText(ingress: StoredObject, whoServes: (backend: string) => string): string {
  const { metadata } = ingress;
  const { ingressClassName, defaultBackend, tls = [], rules = [] } = (ingress.spec ?? {}) as IngressSpec;
  const { loadBalancer } = (ingress.status ?? {}) as {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
  const addresses = (loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  const ruleLines = rules.map(({ host = '*', http }) => [
    `  ${host}\t \n`,
    ...(http?.paths ?? []).map(
      ({ path = '', backend }) =>
        `    \t${path} \t${backendText(backend)} (${whoServes(backend.service?.name ?? '')})\n`,
    ),
  ]);
  return [
    `Name:\t${metadata.name}\n`,
    labelLines('Labels', metadata.labels),
    `Namespace:\t${metadata.namespace ?? ''}\nAddress:\t${addresses.join(',')}\nIngress Class:\t${ingressClassName ?? '<none>'}\n`,
    `Default backend:\t${defaultBackend === undefined ? '<default>' : `${backendText(defaultBackend)} (${whoServes(defaultBackend.service?.name ?? '')})`}\n`,
    tls.length === 0
      ? ''
      : `TLS:\n${tls.map(({ hosts = [], secretName = '' }) => `  ${secretName === '' ? 'SNI routes' : `${secretName} terminates`} ${hosts.join(',')}\n`).join('')}`,
    'Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------\n',
    ruleLines.length === 0
      ? `  *\t* \t${defaultBackend === undefined ? '<default>' : backendText(defaultBackend)}\n`
      : ruleLines.flat().join(''),
    annotationLines('Annotations', metadata.annotations),
  ].join('');
}

const backendText = ({ service, resource }: Backend): string =>
  service === undefined
    ? `${resource?.kind ?? ''}/${resource?.name ?? ''}`
    : `${service.name}:${service.port?.number ?? service.port?.name ?? ''}`;

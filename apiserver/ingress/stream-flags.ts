import { ConfigurationError } from '../configuration-error';
import type { StreamMaps } from './stream-ports';
import { DEFAULT_STREAM_MAPS } from './stream-ports';

/** Named as the well-known nginx controller names them. */
export const STREAM_FLAGS = {
  'tcp-services-configmap': {
    type: 'string',
    describe: 'NAMESPACE/NAME of the ConfigMap of TCP ports; default: tcp-services in ingress-nginx and in kube-system',
  },
  'udp-services-configmap': { type: 'string', describe: 'the same of UDP ports; default: udp-services there' },
} as const;

interface StreamFlags {
  readonly tcpServicesConfigmap?: string | undefined;
  readonly udpServicesConfigmap?: string | undefined;
}

/** Throws ConfigurationError for what is no NAMESPACE/NAME. */
export function streamMapsOf({ tcpServicesConfigmap, udpServicesConfigmap }: StreamFlags): {
  readonly streamMaps: StreamMaps;
} {
  const keys = (flag: string, text: string | undefined, usual: StreamMaps['TCP']): StreamMaps['TCP'] => {
    if (text === undefined) return usual;
    const [namespace = '', name = '', ...rest] = text.split('/');
    if (namespace === '' || name === '' || rest.length > 0)
      throw new ConfigurationError(`--${flag} ${text}: must be NAMESPACE/NAME, such as ingress-nginx/tcp-services`);
    return [{ namespace, name }];
  };
  return {
    streamMaps: {
      TCP: keys('tcp-services-configmap', tcpServicesConfigmap, DEFAULT_STREAM_MAPS.TCP),
      UDP: keys('udp-services-configmap', udpServicesConfigmap, DEFAULT_STREAM_MAPS.UDP),
    },
  };
}

import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import { text, words } from '../command';
import { generating } from './generator';

// HOST/PATH=SERVICE:PORT[,tls[=SECRET]]
const RULE =
  /^(?<host>[\w*\-.]*)(?<path>\/[^=]*)=(?<service>[a-z0-9\-.]*[a-z0-9]):(?<port>[\w-]+)(?<tls>,tls(=(?<secret>[a-z0-9\-.]*[a-z0-9])?)?)?$/i;

export const ingress = generating({
  name: 'ingress',
  aliases: ['ing'],
  describe: 'how services are reached from outside by host and path',
  type: KNOWN.ingress,
  failure: 'ingress',
  build: (yargs) =>
    yargs
      .option('class', { type: 'string', describe: 'the ingress class' })
      .option('rule', { type: 'string', array: true, describe: 'HOST/PATH=SERVICE:PORT[,tls[=SECRET]]' })
      .option('default-backend', { type: 'string', describe: 'SERVICE:PORT for all else' })
      .option('annotation', { type: 'string', array: true, describe: 'KEY=VALUE' }),
  make: (flags) => {
    const rules = words(flags, 'rule');
    const fallback = text(flags, 'default-backend');
    if (rules.length === 0 && fallback === undefined)
      throw new UsageError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      );
    const annotations = words(flags, 'annotation').map((each) => {
      const [key = '', ...value] = each.split('=');
      if (key === '' || value.length === 0)
        throw new UsageError(`annotation ${each} is invalid and should be in format key=[value]`);
      return [key, value.join('=')] as const;
    });
    const className = text(flags, 'class');
    return {
      ...(annotations.length === 0 ? {} : { metadata: { annotations: Object.fromEntries(annotations) } }),
      spec: {
        ...(className === undefined ? {} : { ingressClassName: className }),
        ...(fallback === undefined ? {} : { defaultBackend: backendOf(fallback) }),
        ...specOf(rules.map(parseRule)),
      },
      status: { loadBalancer: {} },
    };
  },
});

interface Rule {
  readonly host: string;
  readonly path: object;
  /** Undefined: no TLS. Empty: by the default certificate. */
  readonly secret: string | undefined;
}

function parseRule(given: string): Rule {
  const parts = RULE.exec(given)?.groups;
  if (parts === undefined)
    throw new UsageError(`rule ${given} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
  const { host = '', path: where = '/', service = '', port = '' } = parts;
  const isPrefix = where.endsWith('*');
  return {
    host,
    path: {
      backend: backendOf(`${service}:${port}`),
      path: isPrefix ? where.slice(0, -1) : where,
      pathType: isPrefix ? 'Prefix' : 'Exact',
    },
    secret: parts.tls === undefined ? undefined : (parts.secret ?? ''),
  };
}

function backendOf(given: string): object {
  const [name = '', port = '', ...more] = given.split(':');
  if (name === '' || port === '' || more.length > 0)
    throw new UsageError(`default-backend should be in format servicename:serviceport: ${given}`);
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

/** Paths of one host stand together, and so do hosts of one secret. */
function specOf(rules: readonly Rule[]): object {
  const hosts = [...new Set(rules.map(({ host }) => host))];
  // A host has one certificate: the first that is named for it.
  const secured = rules.filter(
    ({ host, secret }, index) =>
      secret !== undefined &&
      (host === '' || rules.findIndex((rule) => rule.host === host && rule.secret !== undefined) === index),
  );
  const secrets = [...new Set(secured.flatMap(({ secret }) => (secret === undefined ? [] : [secret])))];
  return {
    ...(rules.length === 0
      ? {}
      : {
          rules: hosts.map((host) => ({
            ...(host === '' ? {} : { host }),
            http: { paths: rules.filter((rule) => rule.host === host).map(({ path }) => path) },
          })),
        }),
    ...(secrets.length === 0
      ? {}
      : {
          tls: secrets.map((secret) => {
            const of = [
              ...new Set(secured.filter((rule) => rule.secret === secret && rule.host !== '').map(({ host }) => host)),
            ];
            return { ...(of.length === 0 ? {} : { hosts: of }), ...(secret === '' ? {} : { secretName: secret }) };
          }),
        }),
  };
}

import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import { errorCodeOf } from '../../../shared/error-code';
import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import type { Context, Flags } from '../command';
import { group, isSet, text, words } from '../command';
import { inOrder, named } from './configmap';
import { dataFlags, givenData } from './data-sources';
import type { Fields } from './generator';
import { generating } from './generator';

const common = { type: KNOWN.secret, failure: 'secret' };
const appendHash = (yargs: Argv): Argv =>
  yargs.option('append-hash', { type: 'boolean', describe: 'add a hash of the content to the name' });

function secretOf(flags: Flags, name: string, data: ReadonlyMap<string, Buffer>, type: string | undefined): Fields {
  const encoded =
    data.size === 0
      ? undefined
      : Object.fromEntries([...data].map(([key, value]) => [key, value.toString('base64')] as const));
  return {
    ...(encoded === undefined ? {} : { data: encoded }),
    ...(type === undefined ? {} : { type }),
    ...(isSet(flags, 'append-hash')
      ? named(name, { data: inOrder(encoded), kind: 'Secret', name, type: type ?? '' })
      : {}),
  };
}

const generic = generating({
  ...common,
  name: 'generic',
  within: 'secret',
  describe: 'any data',
  build: (yargs) => dataFlags(yargs).option('type', { type: 'string', describe: 'the type of the secret' }),
  make: (flags, name, context) =>
    secretOf(flags, name, givenData(flags, { kind: 'Secret', name }, context), text(flags, 'type')),
});

const tls = generating({
  ...common,
  name: 'tls',
  within: 'secret',
  describe: 'a certificate and its key',
  build: (yargs) =>
    appendHash(yargs)
      .option('cert', { type: 'string', describe: 'PEM file of the certificate' })
      .option('key', { type: 'string', describe: 'PEM file of its private key' }),
  make: (flags, name, context) => {
    const [cert, key] = [text(flags, 'cert'), text(flags, 'key')];
    if (cert === undefined || key === undefined) throw new UsageError('key and cert must be specified');
    const data = new Map([
      ['tls.crt', readPem(context, cert)],
      ['tls.key', readPem(context, key)],
    ]);
    checkPair(data.get('tls.crt'), data.get('tls.key'));
    return secretOf(flags, name, data, 'kubernetes.io/tls');
  },
});

function readPem(context: Context, file: string): Buffer {
  try {
    return readFileSync(path.resolve(context.environment.cwd, file));
  } catch (error) {
    const reason = errorCodeOf(error) === 'ENOENT' ? 'no such file or directory' : String(error);
    throw new UsageError(`Cannot read file ${file}, open ${file}: ${reason}`);
  }
}

function checkPair(cert: Buffer | undefined, key: Buffer | undefined): void {
  let belongTogether: boolean;
  try {
    belongTogether = new X509Certificate(cert ?? '').checkPrivateKey(createPrivateKey(key ?? ''));
  } catch (error) {
    throw new UsageError(`tls: failed to read the certificate or key: ${error instanceof Error ? error.message : ''}`);
  }
  if (!belongTogether) throw new UsageError('tls: private key does not match public key');
}

const dockerRegistry = generating({
  ...common,
  name: 'docker-registry',
  within: 'secret',
  describe: 'the login of an image registry',
  build: (yargs) =>
    appendHash(yargs)
      .option('docker-server', { type: 'string', default: 'https://index.docker.io/v1/', describe: 'the registry' })
      .option('docker-username', { type: 'string', describe: 'who logs in' })
      .option('docker-password', { type: 'string', describe: 'with which password' })
      .option('docker-email', { type: 'string', describe: 'with which address' })
      .option('from-file', { type: 'string', array: true, describe: 'a docker config file instead' }),
  make: (flags, name, context) => {
    const files = words(flags, 'from-file');
    const type = 'kubernetes.io/dockerconfigjson';
    if (files.length > 0) {
      const sources = files.map((file) => (file.includes('=') ? file : `.dockerconfigjson=${file}`));
      const data = givenData({ 'from-file': sources }, { kind: 'Secret', name }, context);
      return secretOf(flags, name, data, type);
    }
    const [username, password, server] = ['username', 'password', 'server'].map((each) =>
      text(flags, `docker-${each}`),
    );
    if (username === undefined || password === undefined || server === undefined)
      throw new UsageError(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    const email = text(flags, 'docker-email');
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const login = { username, password, ...(email === undefined ? {} : { email }), auth };
    const content = Buffer.from(JSON.stringify({ auths: { [server]: login } }));
    return secretOf(flags, name, new Map([['.dockerconfigjson', content]]), type);
  },
});

export const secret = group({
  name: 'secret',
  describe: 'passwords, keys and logins: generic, tls, docker-registry',
  subcommands: [generic, tls, dockerRegistry],
});

import type { Argv } from 'yargs';

/** What every command takes. */
export const withGlobalFlags = (parser: Argv): Argv =>
  parser
    .option('kubeconfig', { type: 'string', describe: 'file with servers and credentials' })
    .option('context', { type: 'string', describe: 'which of its contexts' })
    .option('cluster', { type: 'string', describe: 'which of its clusters' })
    .option('user', { type: 'string', describe: 'which of its users' })
    .option('server', { alias: 's', type: 'string', describe: 'another server URL' })
    .option('namespace', { alias: 'n', type: 'string', describe: 'which namespace' })
    .option('token', { type: 'string', describe: 'bearer token' })
    .option('as', { type: 'string', describe: 'for whom to speak' })
    .option('as-group', { type: 'string', array: true, describe: 'as a member of which groups' })
    .option('as-uid', { type: 'string', describe: 'with which uid' })
    .option('as-user-extra', { type: 'string', array: true, describe: 'with what else is known of them: KEY=VALUE' })
    .option('client-certificate', { type: 'string', describe: 'file with the certificate to come with' })
    .option('client-key', { type: 'string', describe: 'file with its key' })
    .option('username', { type: 'string', describe: 'whom basic authentication names' })
    .option('password', { type: 'string', describe: 'with which password' })
    .option('tls-server-name', { type: 'string', describe: 'the name that the server proves' })
    .option('certificate-authority', { type: 'string', describe: 'file with the CA of the server' })
    .option('insecure-skip-tls-verify', { type: 'boolean', describe: 'trust any server' })
    .option('warnings-as-errors', { type: 'boolean', describe: 'a warning of the server is a failure' })
    .option('v', { type: 'number', default: 0, describe: '6 and above: show each request' })
    // What kubectl keeps or spares on its own account, of which there is nothing here.
    .option('cache-dir', { type: 'string', hidden: true })
    .option('disable-compression', { type: 'boolean', hidden: true })
    .option('kuberc', { type: 'string', hidden: true })
    .option('request-timeout', { type: 'string', describe: 'how long one request may take, such as 10s' });

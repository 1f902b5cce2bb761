import { once } from 'node:events';
import { UsageError } from '../client/resources';
import { createGateway } from '../proxy/gateway';
import { createRequestFilter } from '../proxy/request-filter';
import type { Command, Context, Flags } from './command';
import { count, isSet, list, text } from './command';

/** kubectl's own defaults. */
const HOSTS = String.raw`^localhost$,^127\.0\.0\.1$,^\[::1\]$`;
const BARRED = '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach';

export const proxy: Command = {
  name: 'proxy',
  usage: 'proxy',
  describe: 'serve the API on a port of this machine, with your own credentials',
  build: (yargs) =>
    yargs
      .option('port', { alias: 'p', type: 'number', default: 8001, describe: 'where to listen; 0: any that is free' })
      .option('address', { type: 'string', default: '127.0.0.1', describe: 'on which address' })
      .option('unix-socket', { alias: 'u', type: 'string', describe: 'on a socket in the file system instead' })
      .option('api-prefix', { type: 'string', default: '/', describe: 'under which path' })
      .option('accept-hosts', { type: 'string', array: true, default: [HOSTS], describe: 'for which Host headers' })
      .option('accept-paths', { type: 'string', array: true, default: ['^.*'], describe: 'which paths' })
      .option('reject-paths', { type: 'string', array: true, default: [BARRED], describe: 'which paths not' })
      .option('reject-methods', { type: 'string', array: true, default: ['^$'], describe: 'which methods not' })
      .option('disable-filter', { type: 'boolean', describe: 'hand everything on, also what web pages of others ask' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const open = isSet(flags, 'disable-filter');
  const socket = text(flags, 'unix-socket');
  // Not every client names a host on a socket; who can open the file is let in.
  const isAnyHost = open || socket !== undefined;
  const server = createGateway({
    client: context.client(),
    prefix: `/${(text(flags, 'api-prefix') ?? '').replaceAll(/^\/+|\/+$/g, '')}/`.replace('//', '/'),
    accepts: createRequestFilter({
      acceptHosts: isAnyHost ? [''] : list(flags, 'accept-hosts'),
      acceptPaths: open ? [''] : list(flags, 'accept-paths'),
      rejectPaths: open ? [] : list(flags, 'reject-paths'),
      rejectMethods: open ? [] : list(flags, 'reject-methods'),
    }),
  });
  if (open)
    context.note(
      `${context.palette.warn('Warning:')} request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious\n`,
    );
  const port = count(flags, 'port') ?? 0;
  const address = text(flags, 'address') ?? '127.0.0.1';
  const listening = once(server, 'listening');
  if (socket === undefined) server.listen(port, address);
  else server.listen({ path: socket, readableAll: false, writableAll: false });
  try {
    await listening;
  } catch (error) {
    throw new UsageError(`cannot listen: ${error instanceof Error ? error.message : String(error)}`);
  }
  const bound = server.address();
  const where = typeof bound === 'object' && bound !== null ? `${bound.address}:${bound.port}` : (bound ?? '');
  context.out(`Starting to serve on ${where}\n`);
  const { signal } = context.environment;
  if (!signal.aborted) await once(signal, 'abort');
  server.close();
  server.closeAllConnections();
}

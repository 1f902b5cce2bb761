/**
 * Answers, and asks, by TCP and UDP.
 *   answerer.mjs serve NAME                                NAME and the address that asked, at port 8080 by HTTP and 9090 by datagram
 *   answerer.mjs ask tcp|udp ADDRESS PORT [SOURCE[:PORT]…]  one line for each source: the answer, or the error's code
 */
import dgram from 'node:dgram';
import http from 'node:http';

const LIMIT_MS = 1_500;

const serve = (name) => {
  const text = (address) => `${name} ${address}`;
  const datagrams = dgram.createSocket('udp4');
  datagrams.on('message', (_message, { address, port }) => datagrams.send(text(address), port, address));
  http
    .createServer(({ socket }, response) => {
      response.setHeader('Connection', 'close');
      response.end(text(socket.remoteAddress));
    })
    .listen(8080, '0.0.0.0', () => datagrams.bind(9090, '0.0.0.0', () => console.log('serving')));
};

const ASK = {
  tcp: (address, port, source) =>
    new Promise((resolve) => {
      const request = http.get({ host: address, port, agent: false, timeout: LIMIT_MS, ...source }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.once('end', () => resolve(body));
      });
      request.once('timeout', () => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })));
      request.once('error', (error) => resolve(error.code));
    }),
  udp: (address, port, source) =>
    new Promise((resolve) => {
      const socket = dgram.createSocket('udp4');
      const end = (said) => {
        clearTimeout(timer);
        socket.close();
        resolve(said);
      };
      const timer = setTimeout(() => end('ETIMEDOUT'), LIMIT_MS);
      socket.once('error', (error) => end(error.code));
      socket.once('message', (message) => end(message.toString()));
      socket.bind(source.localPort ?? 0, source.localAddress, () =>
        // Connected, so that it hears of refusals.
        socket.connect(port, address, () => socket.send('?')),
      );
    }),
};

const [verb, ...rest] = process.argv.slice(2);
if (verb === 'serve') serve(rest[0]);
else {
  const [protocol, address, port, ...sources] = rest;
  const from = (source) => {
    const [localAddress, localPort] = source.split(':');
    return { localAddress, ...(localPort === undefined ? {} : { localPort: Number(localPort) }) };
  };
  const said = await Promise.all(
    (sources.length === 0 ? [{}] : sources.map(from)).map((each) => ASK[protocol](address, Number(port), each)),
  );
  console.log(said.join('\n'));
}

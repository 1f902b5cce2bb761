/**
 * The peer of the API benchmarks: `node:https` alone, with the same certificates, that answers every GET with the same
 * bytes and reads every POST. Its port, PEM files and answer come as arguments: PORT KEY CERT CA ANSWER.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [port = '', key = '', cert = '', ca = '', answer = ''] = process.argv.slice(2);
const bytes = readFileSync(answer);
const server = createServer(
  {
    key: readFileSync(key),
    cert: readFileSync(cert),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  },
  (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(request.method === 'POST' ? 201 : 200, {
        'Content-Type': 'application/json',
        'Content-Length': bytes.length,
      });
      response.end(bytes);
    });
  },
);
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('SIGTERM', () => process.exit(0));

// Asks again and again, each time on a connection of its own, until it is told to end by a line on standard input or so
// many answers have come; then prints { answered, failed, seconds }.
//   load.mjs CLIENTS MOST URL...     MOST 0: until told
import http from 'node:http';
import { createInterface } from 'node:readline';

const [clients, most, ...urls] = process.argv.slice(2);
const failed = [];
let answered = 0;
let asked = 0;
let isOver = false;
const limit = Number(most) || Infinity;
const started = performance.now();

const ask = (url) =>
  new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: 20_000 }, (response) => {
      response.resume();
      response.once('close', () =>
        resolve(
          response.complete && response.statusCode === 200
            ? undefined
            : `status ${response.statusCode}, ${response.complete ? 'whole' : 'cut off'}`,
        ),
      );
    });
    const stalled = setTimeout(() => {
      const { localPort, connecting } = request.socket ?? {};
      console.error(`stalled: ${url} ${localPort} ${connecting ? 'not' : 'though'} connected`);
    }, 4_000);
    request.once('close', () => clearTimeout(stalled));
    request.once('timeout', () => {
      const { socket } = request;
      request.destroy(
        new Error(
          `no answer in time, ${socket.connecting ? 'not' : 'though'} connected, from port ${socket.localPort}`,
        ),
      );
    });
    request.once('error', (error) => resolve(error.message));
  });
const client = async () => {
  while (!isOver && asked < limit) {
    const url = urls[asked++ % urls.length];
    const trouble = await ask(url);
    if (trouble === undefined) answered += 1;
    else failed.push(`${new Date().toISOString()} ${url}: ${trouble}`);
    if (answered % 10_000 === 0) console.error(`${answered} answered, ${failed.length} failed`);
  }
};

createInterface({ input: process.stdin }).once('line', () => (isOver = true));
console.error('asking');
await Promise.all(Array.from({ length: Number(clients) }, client));
console.log(
  JSON.stringify({
    answered,
    failed: failed.length,
    first: failed.slice(0, 20),
    seconds: (performance.now() - started) / 1_000,
  }),
);
process.exit(0);

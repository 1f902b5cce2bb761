// How long a small message takes there and back over one TCP connection.
//   round-trips.mjs serve PORT
//   round-trips.mjs ask ADDRESS PORT COUNT    prints the median and the 99th percentile, in microseconds, as JSON
import { connect, createServer } from 'node:net';

const [action, ...words] = process.argv.slice(2);
if (action === 'serve') {
  createServer((socket) => socket.setNoDelay(true).on('error', () => undefined).pipe(socket)).listen(Number(words[0]), () => console.log('serving'));
} else {
  const [address, port, count] = words;
  const socket = connect(Number(port), address).setNoDelay(true);
  const taken = [];
  let sentAt = 0;
  const send = () => {
    sentAt = performance.now();
    socket.write('x');
  };
  socket.on('connect', send);
  socket.on('data', () => {
    taken.push((performance.now() - sentAt) * 1_000);
    if (taken.length < Number(count)) return send();
    const sorted = taken.slice(Math.floor(taken.length / 10)).sort((a, b) => a - b);
    const at = (part) => Math.round(sorted[Math.floor(sorted.length * part)]);
    console.log(JSON.stringify({ median: at(0.5), p99: at(0.99) }));
    process.exit(0);
  });
}

import { Duplex } from 'node:stream';

/** Two ends of one connection in memory: what is written to either is read from the other. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const one: Duplex = endOf(() => other);
  const other: Duplex = endOf(() => one);
  return [one, other];
}

const endOf = (peer: () => Duplex): Duplex =>
  new Duplex({
    read: () => undefined,
    write(chunk, _encoding, done) {
      peer().push(chunk);
      done();
    },
    final(done) {
      peer().push(null);
      done();
    },
  });

import { CelError, Expressions } from './expression';
import { escapedName, toCel } from './values';

const expressions = new Expressions(['object', 'self']);
const evaluate = (text: string, object: unknown = {}): unknown =>
  expressions.compile(text).evaluate({ object: toCel(object), self: toCel(object) });

it.each<[string, unknown]>([
  ['object.spec.replicas <= 5', true],
  ['object.spec.replicas + 1 == 4', true],
  ['object.spec.ratio > 0.4', true],
  ['has(object.spec.missing)', false],
  ['object.?spec.?missing.orValue("none") == "none"', true],
  ['object.spec.names.all(n, n.startsWith("a"))', true],
  ['object.spec.names.exists(n, n == "ab")', true],
  ['object.spec.names.isSorted()', true],
  ['object.spec.numbers.sum() == 6 && object.spec.numbers.max() == 3 && object.spec.numbers.min() == 1', true],
  ['object.spec.names.indexOf("ab") == 1 && object.spec.names.indexOf("x") == -1', true],
  ['"abc 123".find("[0-9]+") == "123"', true],
  ['"a1b2".findAll("[0-9]") == ["1", "2"]', true],
  ['"aaa".replace("a", "b", 2) == "bba"', true],
  ['"a$b".replace("$", "$&") == "a$&b"', true],
  ['quantity("1500m").isGreaterThan(quantity("1"))', true],
  ['quantity("1Gi").sub(quantity("512Mi")).compareTo(quantity("0.5Gi")) == 0', true],
  ['quantity("2").asInteger() == 2 && isQuantity("x") == false', true],
  ['url("https://example.com:80/a?b").getHost() == "example.com:80" && !isURL("nope")', true],
  ['isIP("10.0.0.1") && isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0/33")', true],
  ['"xABC".matches("(?i)abc") && matches("abc", "^a")', true],
  ['"abc".charAt(3) == ""', true],
  ['url("https://example.com:443/a b?x=1&x=2").getPort() == "443"', true],
  ['url("https://u:p@[::1]:80/a?x=1&x=2").getHostname() == "::1"', true],
  ['url("https://example.com/a?x=1&x=2").getQuery()["x"] == ["1", "2"]', true],
  ['isURL("/path") && url("/path").getScheme() == "" && url("/path").getEscapedPath() == "/path"', true],
  ['!isURL("path") && !isURL("")', true],
  ['!isCIDR("10.0.0.0/08") && !isIP("010.0.0.1") && !isIP("::ffff:10.0.0.1")', true],
  ['ip("10.0.0.1").family() == 4 && ip("::1").isLoopback() && string(ip("2001:DB8::1")) == "2001:db8::1"', true],
  ['cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.0"))', true],
  ['cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.1.0.0/16").containsCIDR("10.0.0.0/8")', true],
  ['string(cidr("192.168.77.3/20").masked()) == "192.168.64.0/20"', true],
  ['sets.contains(object.spec.names, ["a"]) && !sets.contains(["a"], object.spec.names)', true],
  ['sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1, 2], [2, 3]) && !sets.intersects([1], [2])', true],
  ['"%s has %d of %.2f%% [%x %b]".format(["a", 2, 1.5, 255, 5]) == "a has 2 of 1.50% [ff 101]"', true],
  ['timestamp(timestamp("2024-01-01T00:00:00Z")) < timestamp("2024-01-02T00:00:00Z")', true],
  ['duration("90s") == duration("1m30s")', true],
  ['object.spec.labels.exists(k, object.spec.labels[k] == "v")', true],
  ['object.spec.numbers.map(n, n * 2) == [2, 4, 6]', true],
])('evaluates %s', (text, expected) => {
  const spec = { replicas: 3, ratio: 0.5, names: ['a', 'ab'], numbers: [1, 2, 3], labels: { k: 'v' } };
  expect(evaluate(text, { spec })).toBe(expected);
});

it.each([
  ['object.spec.replicas <', 'syntax error: Unexpected token'],
  ['nobody.spec', 'nobody'],
  ['1 + "a"', 'int'],
  [`"${'x'.repeat(11_000)}" == ""`, 'longer than'],
])('does not compile %.30s', (text, why) => {
  expect(() => expressions.compile(text)).toThrow(CelError);
  expect(() => expressions.compile(text)).toThrow(why);
});

it('finds what would make other engines search for ever, at once', () => {
  expect(evaluate(`"${'a'.repeat(5_000)}!".matches("^(a+)+$")`)).toBe(false);
});

it.each([
  ['"abc".charAt(4)', 'index out of range'],
  ['"abc".matches("(?=a)")', 'parsing regexp'],
  ['"%d".format(["a"])', '%d does not take a'],
  ['ip("nope").family()', 'IP Address "nope"'],
])('says why %s cannot be evaluated', (text, why) => {
  expect(() => evaluate(text)).toThrow(why);
});

it('says what is missing where an expression asks for it', () => {
  expect(() => evaluate('object.spec.replicas > 1')).toThrow('No such key: spec');
});

it.each([
  [
    'loops within loops',
    'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))',
    Array.from({ length: 200 }, (_, i) => i),
  ],
])('ends %s, with time left for others', (_what, text, object) => {
  const startMs = performance.now();
  expect(() => evaluate(text, object)).toThrow('took longer than 1000 ms');
  expect(performance.now() - startMs).toBeLessThan(4_000);
});

it('reads numbers as the schema says, and names as Kubernetes does', () => {
  const schema = { type: 'object', properties: { 'a-b': { type: 'number' }, in: { type: 'integer' } } };
  expect(toCel({ 'a-b': 2, in: 3 }, schema)).toEqual({ a__dash__b: 2, __in__: 3n });
  expect(escapedName('a__b.c/d')).toBe('a__underscores__b__dot__c__slash__d');
});

it('knows nothing of what JavaScript adds to objects', () => {
  expect(() => evaluate('object.constructor')).toThrow('No such key');
  expect(evaluate('has(object.__proto__)')).toBe(false);
});

import type { ServerConfig } from './config';
import { parseConfig } from './config';
import { ConfigurationError } from './configuration-error';

const parse = (...flags: readonly string[]): ServerConfig =>
  parseConfig(['--data-dir', 'data', ...flags], { isTerminal: false, cwd: '/home', policies: ['greedy'] });

it('protects without being told to', () => {
  expect(parse()).toMatchObject({
    podSecurityDefault: 'baseline',
    encryption: { keyFile: '/home/data/encryption.keys', makesKeyFile: true, resources: ['secrets'] },
  });
  expect(parse().audit).toBeUndefined();
});

it('knows who shows nothing, unless told not to', () => {
  expect(parse().anonymousAuth).toBe(true);
  expect(parse('--anonymous-auth=false').anonymousAuth).toBe(false);
});

it('takes a key file of somebody else, and makes none in its place', () => {
  const { encryption } = parse('--encryption-key-file', 'keys', '--encrypt-resources', 'secrets', 'configmaps');
  expect(encryption).toEqual({ keyFile: '/home/keys', makesKeyFile: false, resources: ['secrets', 'configmaps'] });
});

it.each([
  [[], '/home/data/audit.log'],
  [['--audit-log-path', 'log'], '/home/log'],
  [['--audit-log-path', '-'], '-'],
])('writes the audit log with %j to %s', (flags, logPath) => {
  expect(parse('--audit-policy-file', '/etc/policy.yaml', '--audit-log-maxage', '7', ...flags).audit).toEqual({
    policyFile: '/etc/policy.yaml',
    logPath,
    maxSizeMegabytes: 100,
    maxBackups: 0,
    maxAgeDays: 7,
  });
});

it.each([
  [['--audit-log-path', 'log'], '--audit-log-path needs --audit-policy-file'],
  [['--audit-policy-file', 'p', '--audit-log-maxsize', '0'], '--audit-log-maxsize 0: must be a whole number from 1'],
  [
    ['--audit-policy-file', 'p', '--audit-log-maxbackup', '1.5'],
    '--audit-log-maxbackup 1.5: must be a whole number from 0',
  ],
  [['--pod-security-default', 'strict'], 'strict'],
])('refuses %j', (flags, message) => {
  expect(() => parse(...flags)).toThrow(ConfigurationError);
  expect(() => parse(...flags)).toThrow(message);
});

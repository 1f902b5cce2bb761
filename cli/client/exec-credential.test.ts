import { execCredential } from './exec-credential';

const place = {
  variables: { PATH: process.env['PATH'] },
  cwd: '/',
  cluster: { server: 'https://x' },
  isInteractive: false,
};
const printing = (status: object): readonly string[] => ['-c', `echo '${JSON.stringify({ status })}'`];

it('takes the token that the program prints', () => {
  expect(execCredential({ command: 'sh', args: printing({ token: 't' }) }, place)).toEqual({ token: 't' });
});

it('takes a certificate and its key', () => {
  const args = printing({ clientCertificateData: 'PEM', clientKeyData: 'KEY' });
  expect(execCredential({ command: 'sh', args }, place)).toEqual({
    certificate: Buffer.from('PEM'),
    key: Buffer.from('KEY'),
  });
});

it('tells the program its variables, for which version it is asked, and the cluster if it wants to know', () => {
  const script = `echo "{\\"status\\": {\\"token\\": \\"$WHO $(echo "$KUBERNETES_EXEC_INFO" | base64 -w0)\\"}}"`;
  const exec = { command: 'sh', args: ['-c', script], env: [{ name: 'WHO', value: 'ann' }], provideClusterInfo: true };
  const [who, told = ''] = (execCredential(exec, place).token ?? '').split(' ');
  expect(who).toBe('ann');
  expect(JSON.parse(Buffer.from(told, 'base64').toString('utf8'))).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: 'https://x' } },
  });
});

it.each([
  [{ command: '/nowhere', installHint: 'get it there' }, 'cannot be started'],
  [{ command: '/nowhere', installHint: 'get it there' }, 'get it there'],
  [{ command: 'sh', args: ['-c', 'exit 3'] }, '"sh" exited 3'],
  [{ command: 'sh', args: ['-c', 'echo no'] }, 'printed no ExecCredential'],
  [{ command: 'sh', args: printing({}) }, 'neither a token nor a certificate'],
])('%j is refused: %s', (exec, problem) => {
  expect(() => execCredential(exec, place)).toThrow(problem);
});

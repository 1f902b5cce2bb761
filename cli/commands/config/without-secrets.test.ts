import type { Kubeconfig } from '../../client/kubeconfig';
import { withoutSecrets } from './without-secrets';

it('shows a kubeconfig without anything that opens a door', () => {
  const secrets = {
    token: 'SECRET',
    password: 'SECRET',
    'client-key-data': 'SECRET',
    'auth-provider': { config: { 'id-token': 'SECRET', 'refresh-token': 'SECRET', 'idp-issuer-url': 'https://a' } },
    exec: { command: 'login', env: [{ name: 'PASS', value: 'SECRET' }] },
  };
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://b' } }],
    contexts: [],
    users: [{ name: 'u', user: { username: 'me', ...secrets } }],
  } as unknown as Kubeconfig;
  const shown = JSON.stringify(withoutSecrets(config));
  expect(shown).not.toContain('SECRET');
  for (const kept of ['https://a', 'https://b', 'login', 'PASS', 'me']) expect(shown).toContain(kept);
});

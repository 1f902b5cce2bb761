import { oidcOf } from './oidc-flags';

const flags = {
  oidcIssuerUrl: 'https://issuer.example.com',
  oidcClientId: 'pinsetter',
  oidcUsernameClaim: 'sub',
  oidcGroupsPrefix: '',
  oidcRequiredClaim: ['hd=example.com'],
  oidcSigningAlgs: ['RS256'],
  oidcCaFile: 'ca.pem',
};
const resolved = (file: string): string => `/etc/${file}`;

it('reads the flags of an issuer, and nothing where there is none', () => {
  expect(oidcOf(flags, resolved).oidc).toMatchObject({ requiredClaims: { hd: 'example.com' }, caFile: '/etc/ca.pem' });
  expect(oidcOf({ ...flags, oidcIssuerUrl: undefined, oidcClientId: undefined }, resolved)).toEqual({});
});

it.each([
  [{ oidcClientId: undefined }, 'must be given together'],
  [{ oidcIssuerUrl: 'http://issuer.example.com' }, 'must be an https URL'],
  [{ oidcSigningAlgs: ['HS256'] }, '--oidc-signing-algs HS256: must be RS, ES or PS'],
  [{ oidcRequiredClaim: ['hd'] }, '--oidc-required-claim hd: must be key=value'],
])('says what is wrong with %j', (wrong, message) => {
  expect(() => oidcOf({ ...flags, ...wrong }, resolved)).toThrow(message);
});

import { aPod } from '../../shared/testing/builders';
import type { Pod } from '../../shared/api/objects';
import { hostsFileOf } from './hosts-file';
import { kernelHostnameOf } from './pod-name';

const pod = (spec: Partial<Pod['spec']> = {}): Pod => {
  const base = aPod({ name: 'web' });
  return { ...base, spec: { ...base.spec, ...spec } };
};
const around = { podIps: ['10.1.2.3'], ofHost: '127.0.0.1 localhost\n192.0.2.1 machine\n' };

it('names the pod by its address, and itself as the one who writes the file', () => {
  expect(hostsFileOf(pod(), around)).toBe(
    '# Kubernetes-managed hosts file.\n' +
      '127.0.0.1\tlocalhost\n' +
      '::1\tlocalhost ip6-localhost ip6-loopback\n' +
      'fe00::0\tip6-localnet\n' +
      'fe00::0\tip6-mcastprefix\n' +
      'fe00::1\tip6-allnodes\n' +
      'fe00::2\tip6-allrouters\n' +
      '10.1.2.3\tweb\n',
  );
});

it('names a pod with a subdomain by its whole name first', () => {
  const named = pod({ hostname: 'one', subdomain: 'group' });
  expect(hostsFileOf(named, around)).toContain('\n10.1.2.3\tone.group.default.svc.cluster.local\tone\n');
  expect(hostsFileOf(named, { ...around, domain: 'corp' })).toContain('one.group.default.svc.corp\tone\n');
});

it('adds the aliases that the pod asks for, and the way to the API', () => {
  const hostAliases = [{ ip: '192.0.2.7', hostnames: ['foo', 'bar'] }];
  const api = { host: 'kubernetes.default.svc', ip: '10.0.0.9', port: 6443 };
  expect(hostsFileOf(pod({ hostAliases }), { ...around, api })).toMatch(
    /\tweb\n\n# The way to the API.\n10.0.0.9\tkubernetes.default.svc\t.*\n\n# Entries added by HostAliases.\n192.0.2.7\tfoo\tbar\n$/,
  );
});

it('says to a pod on the network of its node what the node itself knows', () => {
  expect(hostsFileOf(pod({ hostNetwork: true }), { ...around, podIps: [] })).toBe(
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n192.0.2.1 machine\n',
  );
});

it('calls the machine by the whole name where the pod asks for it, and says so where that is too long', () => {
  expect(kernelHostnameOf(pod({ subdomain: 'group' }))).toBe('web');
  const whole = pod({ subdomain: 'group', setHostnameAsFQDN: true });
  expect(kernelHostnameOf(whole)).toBe('web.group.default.svc.cluster.local');
  expect(() => kernelHostnameOf(pod({ subdomain: 'g'.repeat(60), setHostnameAsFQDN: true }))).toThrow(/is too long/);
});

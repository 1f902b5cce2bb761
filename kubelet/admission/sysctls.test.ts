import type { PodSpec } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import { sysctlRefusal } from './sysctls';

const messageFor = (name: string, spec: Partial<PodSpec> = {}, allowed: readonly string[] = []): string | undefined =>
  sysctlRefusal(aPod({ spec: { securityContext: { sysctls: [{ name, value: '1' }] }, ...spec } }), allowed)?.message;

it.each<[string, string | undefined, Partial<PodSpec>, string[]]>([
  ['kernel.shm_rmid_forced', undefined, {}, []],
  ['net/ipv4/tcp_syncookies', undefined, {}, []],
  ['kernel.msgmax', 'forbidden sysctl: "kernel.msgmax" not allowlisted', {}, []],
  ['kernel.msgmax', undefined, {}, ['kernel.msg*']],
  ['net.core.somaxconn', undefined, {}, ['net.core.somaxconn']],
  [
    'net.ipv4.tcp_rmem',
    'forbidden sysctl: "net.ipv4.tcp_rmem" not allowed with host net enabled',
    { hostNetwork: true },
    [],
  ],
  ['kernel.sem', 'forbidden sysctl: "kernel.sem" not allowed with host ipc enabled', { hostIPC: true }, ['kernel.sem']],
])('%s: %s', (name, message, spec, allowed) => {
  expect(messageFor(name, spec, allowed)).toBe(message);
});

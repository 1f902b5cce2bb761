import { podManifest } from '../../harness/manifests';

export const PODS = '/api/v1/namespaces/default/pods';

/** A pod of some 2.8 kB once stored, that no scheduler looks at. */
export const manifestOf = (name: string): Buffer =>
  Buffer.from(
    podManifest(name, {
      schedulerName: 'none',
      containers: [
        {
          name: 'app',
          image: 'registry.example.com/team/app:1.2.3',
          env: Array.from({ length: 8 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` })),
          ports: [{ containerPort: 8080, name: 'http' }],
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        },
      ],
    }),
  );

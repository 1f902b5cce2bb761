import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import type { Clock } from '../shared/clock';
import { toTimestamp } from '../shared/clock';
import type { Logger } from '../shared/logger';
import type { Random } from '../shared/random';
import { removeFolderBy } from './node-channel/remove-folder';
import { createPolicyTypeCheck } from './admission/policies/type-check';
import { createConnectAdmission, lookupIn } from './admission/connect-admission';
import type { OutsideAdmission } from './admission/outside-admission';
import { bothOutside } from './admission/outside-admission';
import { createAdmissionPolicies } from './admission/policies/admission-policies';
import { followHooks } from './admission/webhooks/hooks';
import { createWebhookAdmission } from './admission/webhooks/webhook-admission';
import { WebhookClient } from './admission/webhooks/webhook-client';
import { openAudit } from './audit/open-audit';
import type { Authorizer } from './auth/authorizer';
import { nodeRestriction } from './auth/node/node-restriction';
import { ensureBootstrapRoles } from './auth/rbac/bootstrap-roles';
import { rbacEscalation } from './auth/rbac/escalation';
import { reviewHandlers } from './auth/reviews';
import { certificateRequests } from './auth/certificates/certificate-requests';
import { JWKS_PATH, openIdPages } from './auth/service-account/openid-pages';
import { openSigningKeys } from './auth/service-account/signing-keys';
import { serveTokenRequests } from './auth/service-account/token-request';
import { createPermissions, openCredentials } from './auth/access';
import type { ClusterAuthority } from './auth/cluster-authority';
import { openClusterAuthority } from './auth/cluster-authority';
import { writeKubeconfig } from './auth/kubeconfig';
import type { ServerConfig } from './config';
import { serveBindings } from './http/bindings';
import { ControllerManager } from './controllers/controller-manager';
import { collectGarbage, createControllers } from './controllers/controllers';
import { NodeLifecycle } from './controllers/node-lifecycle/node-lifecycle';
import { createEventRecorder } from './events/event-recorder';
import { ApiRoutes } from './http/api-routes';
import { createFastExpress } from './http/fast-express';
import { readPodUsages, serveNodeMetrics, servePodMetrics } from './metrics-api/metrics-api';
import { createMetrics } from './http/metrics';
import { OpenApiDocuments } from './http/openapi';
import { serverObjects } from './http/server-objects';
import { healthPages } from './http/health';
import type { RequestLog } from './http/request-log';
import { createHttpsServer, listen, portOf } from './http/https-server';
import { closeGracefully } from './http/shutdown';
import { VERSION } from './http/version';
import { createUpgrades } from './http/upgrades';
import { serveDefinitions } from './custom-resources/serve-definitions';
import { createKindList } from './kinds/kinds';
import { createDecoder } from './openapi/decode';
import { createJoin } from './node-channel/join';
import { createJoinRoute } from './node-channel/join-route';
import { NodePods } from './node-channel/node-pods';
import { keepJoinTokenFile } from './node-channel/join-token-file';
import { checkNetwork } from './node-channel/network-check';
import { createNodeChannel } from './node-channel/node-channel';
import { loadSchemas } from './openapi/schemas';
import { createDialer } from './proxy/dialer';
import { NodePages } from './proxy/node-pages';
import { ProxyRoutes } from './proxy/proxy-routes';
import { ensureBootstrapObjects } from './registry/bootstrap-objects';
import { ensureClusterService } from './registry/cluster-service';
import { ensureDnsService } from './registry/dns-service';
import { ensureServiceCidr } from './registry/service-cidr';
import { createClient } from './registry/create-client';
import { createRegistry } from './registry/create-registry';
import { findPolicy } from './scheduler/core/policies/policies';
import { profilesOf } from './scheduler/profiles';
import { Scheduler } from './scheduler/scheduler';
import { schedulerPages } from './scheduler/scheduler-pages';
import { reachableAddresses, serverNames, urlOf } from './server-addresses';
import type { Store } from './store/store';
import { createStreaming } from './streaming/streaming';
import { sendJson } from './http/respond';

export interface ServerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Takes a line for each request. */
  readonly requestLog: RequestLog;
}

export interface RunningServer {
  /** What clients dial: `https://127.0.0.1:6443`. */
  readonly url: string;
  readonly port: number;
  readonly authority: ClusterAuthority;
  /** Stops taking requests, ends watches and streams, stops the loops, closes the store. Idempotent. */
  stop(): Promise<void>;
}

/** Builds the whole control plane over a store and resolves when it serves. */
export async function startServer(config: ServerConfig, deps: ServerDeps): Promise<RunningServer> {
  const { store, clock, random, logger, requestLog } = deps;
  // First, so that what cannot be noted is not begun.
  const audit = config.audit === undefined ? undefined : await openAudit(config.audit, { clock, random, logger });
  const authority = await openClusterAuthority({
    folder: path.join(config.dataDir, 'pki'),
    clock,
    names: serverNames(config),
  });
  const signingKeys = await openSigningKeys(
    config.serviceAccountSigningKeyFile ?? path.join(config.dataDir, 'pki', 'service-account.key'),
    config.serviceAccountKeyFiles,
  );
  const kinds = createKindList();
  const schemas = loadSchemas();
  // The registry comes first: who judges and who is asked are found through it.
  const outside: OutsideAdmission = {
    mutate: (call) => others.mutate(call),
    validate: (call) => others.validate(call),
  };
  const registry = await createRegistry({
    store,
    kinds,
    clock,
    random,
    logger,
    schemas,
    serviceIpRange: config.serviceIpRange,
    podSecurityDefault: config.podSecurityDefault,
    tolerationSeconds: config.tolerationSeconds,
    outside,
    morePlugins: [
      nodeRestriction,
      certificateRequests(() => permissions.authorizer, clock),
      rbacEscalation(() => permissions),
    ],
  });
  const client = createClient(registry);
  const webhookClient = new WebhookClient({ dialer: { service: (key, port) => dialer.service(key, port) }, clock });
  // Found through the registry too, and asked only once it serves.
  const authorizer: Authorizer = {
    isAllowed: (user, attributes) => permissions.authorizer.isAllowed(user, attributes),
    whyNot: (user, attributes) => permissions.authorizer.whyNot?.(user, attributes),
  };
  const webhooks = createWebhookAdmission({
    mutating: followHooks(client, 'MutatingWebhookConfiguration'),
    validating: followHooks(client, 'ValidatingWebhookConfiguration'),
    client: webhookClient,
    kinds,
    authorizer,
    logger,
  });
  const others = bothOutside(webhooks, createAdmissionPolicies({ client, kinds, authorizer }));
  const nodePods = NodePods.following(client.view('Pod'));
  const permissions = createPermissions(client, nodePods);
  await ensureBootstrapObjects(client);
  await ensureBootstrapRoles(client);
  const decoder = createDecoder(schemas);
  serveDefinitions(client, kinds, { schemas, decoder, webhooks: { client: webhookClient, random } });

  const events = createEventRecorder({ client, clock, logger });
  const credentials = await openCredentials(config, { client, clock, logger, keys: signingKeys });
  const { tokens } = credentials;
  const { streamMaps } = config;
  const channel = createNodeChannel({
    ...{ client, clock, logger, events, tokens, nodePods, authority, streamMaps },
    podNetwork: { clusterCidr: config.podCidrs.text, mode: config.podNetwork },
    ...(config.fence === undefined ? {} : { fence: config.fence }),
  });
  const streaming = createStreaming({
    connector: channel,
    pods: { get: (namespace, name) => client.get('Pod', { namespace, name }) },
    clock,
    logger,
  });
  const podUsages = readPodUsages(channel);
  const dialer = createDialer({ client, connector: channel, random });
  const proxy = new ProxyRoutes({
    client,
    dialer,
    nodePages: new NodePages({ client, connector: channel, nodePods, podUsages, clock }),
  });
  const nodeLifecycle = new NodeLifecycle({ client, clock, logger, events, liveness: channel.liveness });
  const { caCertificatePem } = authority;
  const controllers = new ControllerManager(
    createControllers({
      client,
      clock,
      quotas: registry.quotas,
      events,
      tokens,
      caCertificatePem,
      signer: authority,
      podUsages,
      streamMaps,
      policyTypeCheck: createPolicyTypeCheck(kinds, schemas),
      removeFolder: removeFolderBy(channel),
      podCidrs: config.podCidrs,
    }),
    { client, clock, logger },
  );
  const profiles = profilesOf(config.schedulerPolicy, config.schedulerProfiles, findPolicy);
  const scheduler = new Scheduler({ client, clock, logger, events, profiles, usages: () => channel.nodes() });

  const metrics = createMetrics({ store, channel });
  const routes = new ApiRoutes({
    registry,
    kinds,
    openApi: new OpenApiDocuments(kinds, schemas, VERSION.gitVersion),
    decoder,
    authenticators: credentials.authenticators,
    authorizer: permissions.authorizer,
    streaming,
    proxy,
    connectAdmission: createConnectAdmission(others, lookupIn(client)),
    virtual: {
      ...reviewHandlers(permissions, credentials.tokenAuthenticators),
      ...serverObjects({
        kinds,
        startedMs: clock.now(),
        storeProblem: () =>
          store.get('/health').then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error.message : String(error)),
          ),
      }),
      'bindings.': serveBindings(registry),
      'serviceaccounts/token': serveTokenRequests(tokens, config.apiAudiences),
      'nodes.metrics.k8s.io': serveNodeMetrics({ client, connector: channel, clock }),
      'pods.metrics.k8s.io': servePodMetrics({ client, connector: channel, clock }),
    },
    publicPages: healthPages({ store, isReady: () => serving }),
    pages: {
      ...openIdPages({
        keys: signingKeys,
        issuer: config.serviceAccountIssuers[0],
        jwksUri: () => `${urlOf(config, portOf(server))}${JWKS_PATH}`,
      }),
      '/metrics': metrics.page,
      ...schedulerPages(scheduler, { kinds, decoder }),
      '/nodes/network-check': async (_url, response) => sendJson(response, 200, { items: await checkNetwork(channel) }),
      '/nodes': (_url, response) => sendJson(response, 200, { items: channel.nodes() }),
    },
    ...(audit === undefined ? {} : { auditor: audit.auditor }),
    onFinished: (finished) => {
      metrics.count(finished);
      requestLog(finished);
    },
    clock,
    logger,
  });

  let serving = false;
  const { app, serverOptions } = createFastExpress();
  app.use(createJoinRoute(createJoin({ client, clock, logger, authority, approval: config.nodeApproval })));
  app.use((request, response) => void routes.handle(request, response));
  const server = createHttpsServer(authority, serverOptions, (request, response) =>
    // Most of all requests by far: past the framework's own search for a route.
    isApiRequest(request) ? void routes.handle(request, response) : app(request, response),
  );
  server.on('upgrade', createUpgrades({ channel, routes, logger }));

  controllers.start();
  collectGarbage(controllers, { client, events });
  nodeLifecycle.start();
  channel.start();
  scheduler.start();
  await listen(server, config);
  const port = portOf(server);
  const url = urlOf(config, port);
  await ensureClusterService(client, {
    clusterIp: config.serviceIpRange.at(0),
    port,
    addresses: reachableAddresses(config),
  });
  await ensureDnsService(client, config.serviceIpRange.at(9));
  await ensureServiceCidr(client, config.serviceIpRange.text, toTimestamp(clock.now()));
  await writeKubeconfig(config.kubeconfigOut, {
    server: url,
    caCertificatePem: authority.caCertificatePem,
    user: authority.admin,
  });
  const { caFingerprintSha256 } = authority;
  const stopRefreshing = await keepJoinTokenFile(config.dataDir, {
    client,
    clock,
    random,
    logger,
    caFingerprintSha256,
  });
  serving = true;
  logger.info({ url }, 'serving');

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    serving = false;
    stopRefreshing();
    await scheduler.stop();
    await controllers.stop();
    await nodeLifecycle.stop();
    await channel.stop();
    await streaming.close();
    await events.flush();
    await closeGracefully(server, clock);
    await audit?.close();
    await registry.close();
    await store.close();
  };
  return { url, port, authority, stop: () => (stopping ??= stop()) };
}

const isApiRequest = ({ url = '' }: IncomingMessage): boolean => url.startsWith('/api/') || url.startsWith('/apis/');

// The numbers: counters that grow as things happen, gauges that are filled from the status when somebody asks.
//
// A series never disappears while what it speaks of is configured: each VIP has each reason, each role and each peer at 0
// or 1 all the time, so `== 0` can be alerted on without guessing whether the series is merely missing.
import type { PeerStatus, SessionStateName } from '@vipkeeper/bgp';
import { REASONS, type Role } from '@vipkeeper/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AgentStatus, ServiceStatus, VipStatus } from './status.ts';

const ROLES: readonly Role[] = ['authority', 'standby', 'draining', 'last-resort'];
const HEALTHS = ['passing', 'failing', 'unknown'] as const;
const COORDINATION = ['connecting', 'connected', 'suspended', 'lost'] as const;
const SESSION_STATES: readonly SessionStateName[] = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
];
const BFD_STATES = ['AdminDown', 'Down', 'Init', 'Up'] as const;
const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** How late the event loop ran lately, seconds. */
export interface Lag {
  readonly p99: number;
  readonly max: number;
}

/** The agent's metrics. */
export interface Metrics {
  readonly contentType: string;
  decided(): void;
  transition(service: string, vip: string, from: string, to: string): void;
  coordination(state: string): void;
  operation(operation: string, result: string, tookMs: number): void;
  probe(service: string, check: string, result: string, tookMs: number): void;
  reload(result: 'success' | 'refused'): void;
  /** The Prometheus text, gauges filled from this status. */
  text(status: AgentStatus, lag: Lag): Promise<string>;
}

/** Metrics of their own registry, all at zero. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const counter = (name: string, help: string, labelNames: readonly string[] = []): Counter =>
    new Counter({ name: `vipkeeper_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const histogram = (name: string, help: string, labelNames: readonly string[]): Histogram =>
    new Histogram({
      name: `vipkeeper_${name}`,
      help,
      labelNames: [...labelNames],
      buckets: DURATION_BUCKETS,
      registers: [registry],
    });

  const decisions = counter('decisions_total', 'Decisions made.');
  const transitions = counter('vip_transitions_total', 'Changes of the reason of a VIP.', [
    'service',
    'vip',
    'from',
    'to',
  ]);
  const states = counter('coordination_changes_total', 'Changes of the state of the ZooKeeper session.', ['state']);
  const operations = counter('zookeeper_operations_total', 'ZooKeeper operations by result.', ['operation', 'result']);
  const operationSeconds = histogram('zookeeper_operation_duration_seconds', 'Time to the answer.', ['operation']);
  const probes = counter('check_runs_total', 'Probes by result.', ['service', 'check', 'result']);
  const probeSeconds = histogram('check_duration_seconds', 'Time a probe took.', ['service', 'check']);
  const reloads = counter('config_reloads_total', 'Reloads by result.', ['result']);
  for (const result of ['success', 'refused']) reloads.inc({ result }, 0);
  for (const state of COORDINATION) states.inc({ state }, 0);
  const fill = fillers(registry);

  return {
    contentType: registry.contentType,
    decided: () => decisions.inc(),
    transition: (service, vip, from, to) => transitions.inc({ service, vip, from, to }),
    coordination: state => states.inc({ state }),
    operation: (operation, result, tookMs) => {
      operations.inc({ operation, result });
      operationSeconds.observe({ operation }, tookMs / 1000);
    },
    probe: (service, check, result, tookMs) => {
      probes.inc({ service, check, result });
      probeSeconds.observe({ service, check }, tookMs / 1000);
    },
    reload: result => reloads.inc({ result }),
    text: (status, lag) => {
      fill(status, lag);
      return registry.metrics();
    },
  };
}

/** A gauge that is emptied and filled anew at each scrape. */
interface Fill {
  set(labels: Readonly<Record<string, string>>, value: number | boolean): void;
  clear(): void;
}

function fillers(registry: Registry): (status: AgentStatus, lag: Lag) => void {
  const all: Fill[] = [];
  const gauge = (name: string, help: string, labelNames: readonly string[] = [], prefix = 'vipkeeper_'): Fill => {
    const one = new Gauge({ name: `${prefix}${name}`, help, labelNames: [...labelNames], registers: [registry] });
    const filled = {
      set: (labels: object, value: number | boolean) => one.set(labels, Number(value)),
      clear: () => one.reset(),
    };
    all.push(filled);
    return filled;
  };
  const count = counterFrom(registry, all);
  const agent = agentFiller(gauge, count);
  const service = serviceFiller(gauge);
  const peer = peerFiller(gauge, count);
  return (status, lag) => {
    for (const one of all) one.clear();
    agent(status, lag);
    for (const one of status.services) service(one, status);
    for (const one of status.peers) peer(one);
  };
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[], prefix?: string) => Fill;

// A count that somebody else keeps, shown as the counter it is.
function counterFrom(registry: Registry, all: Fill[]): MakeGauge {
  return (name, help, labelNames = [], prefix = 'vipkeeper_') => {
    const one = new Counter({ name: `${prefix}${name}`, help, labelNames: [...labelNames], registers: [registry] });
    const filled = {
      set: (labels: object, value: number | boolean) => one.inc(labels, Number(value)),
      clear: () => one.reset(),
    };
    all.push(filled);
    return filled;
  };
}

function agentFiller(gauge: MakeGauge, count: MakeGauge): (status: AgentStatus, lag: Lag) => void {
  const build = gauge('build_info', 'Version of the agent and of its runtime.', ['version', 'node_version']);
  const info = gauge('agent_info', 'Name of the agent.', ['agent', 'host']);
  const coordination = gauge('coordination_state', 'State of the ZooKeeper session.', ['state']);
  const lease = gauge('coordination_lease_seconds', 'How long the ZooKeeper session is safe without a further answer.');
  const draining = gauge('draining', 'Whether the agent drains on its way out.');
  const stale = gauge('config_stale', 'Whether the last reload was refused.');
  const loaded = gauge('config_last_load_success_timestamp_seconds', 'When the running configuration was read.');
  const p99 = gauge('event_loop_lag_p99_seconds', 'Lateness of the event loop since the last scrape, 99th percentile.');
  const max = gauge('event_loop_lag_max_seconds', 'Lateness of the event loop since the last scrape, largest.');
  const check = gauge('check_passing', 'Verdict of a check; -1 before the first.', ['service', 'check', 'vip']);
  const memory = gauge('process_resident_memory_bytes', 'Resident memory.', [], '');
  const start = gauge('process_start_time_seconds', 'Start of the process since the Unix epoch.', [], '');
  const cpu = count('process_cpu_seconds_total', 'Processor time used.', [], '');
  return (status, lag) => {
    build.set({ version: status.version, node_version: process.version }, 1);
    info.set({ agent: status.agent, host: status.host }, 1);
    for (const state of COORDINATION) coordination.set({ state }, state === status.coordination.state);
    lease.set({}, status.coordination.leaseSeconds);
    draining.set({}, status.draining);
    stale.set({}, status.config.refused.length > 0);
    loaded.set({}, Date.parse(status.config.loadedAt) / 1000);
    p99.set({}, lag.p99);
    max.set({}, lag.max);
    for (const { service, check: name, vip, health } of status.checks)
      check.set({ service, check: name, vip: vip ?? '' }, health === 'unknown' ? -1 : health === 'passing');
    memory.set({}, process.memoryUsage.rss());
    start.set({}, Date.parse(status.startedAt) / 1000);
    const used = process.cpuUsage();
    cpu.set({}, (used.user + used.system) / 1e6);
  };
}

function serviceFiller(gauge: MakeGauge): (service: ServiceStatus, status: AgentStatus) => void {
  const maintenance = gauge('maintenance', 'Whether the service is in maintenance, as this agent sees it.', [
    'service',
  ]);
  const drains = gauge('drains', 'Drains of the service.', ['service']);
  const members = gauge('members', 'Agents of the service that are alive.', ['service']);
  const vip = vipFiller(gauge);
  return (service, status) => {
    const labels = { service: service.name };
    maintenance.set(labels, service.maintenance.on);
    drains.set(labels, service.drains.length);
    members.set(labels, service.members.length);
    for (const one of service.vips) vip(service.name, one, status);
  };
}

function vipFiller(gauge: MakeGauge): (service: string, vip: VipStatus, status: AgentStatus) => void {
  const announced = gauge('vip_announced', 'Whether the route is wanted out.', ['service', 'vip']);
  const advertised = gauge('vip_advertised', 'Whether the route is out to the peer.', ['service', 'vip', 'peer']);
  const role = gauge('vip_role', 'Role of the announced route.', ['service', 'vip', 'role']);
  const reason = gauge('vip_reason', 'Why the VIP is or is not announced.', ['service', 'vip', 'reason']);
  const health = gauge('vip_health', 'Health of the VIP on this host.', ['service', 'vip', 'health']);
  const address = gauge('vip_address_present', 'Whether the address is on the device.', ['service', 'vip']);
  return (service, one, status) => {
    const labels = { service, vip: one.vip };
    announced.set(labels, one.announced);
    for (const peer of status.peers) advertised.set({ ...labels, peer: peer.key }, one.outOn.includes(peer.key));
    for (const each of ROLES) role.set({ ...labels, role: each }, one.role === each);
    for (const each of REASONS) reason.set({ ...labels, reason: each }, one.reason === each);
    for (const each of HEALTHS) health.set({ ...labels, health: each }, one.health === each);
    if (one.addressPresent !== null) address.set(labels, one.addressPresent);
  };
}

function peerFiller(gauge: MakeGauge, count: MakeGauge): (peer: Omit<PeerStatus, 'sinceMs'>) => void {
  const labelNames = ['peer', 'peer_as'];
  const up = gauge('bgp_session_up', 'Whether the BGP session is Established.', labelNames);
  const state = gauge('bgp_session_state', 'State of the BGP session.', [...labelNames, 'state']);
  const routes = gauge('bgp_routes_out', 'Routes that have left on the session.', labelNames);
  const established = count('bgp_sessions_established_total', 'Times the session was Established.', labelNames);
  const updates = count('bgp_updates_sent_total', 'UPDATE messages sent.', labelNames);
  const received = count('bgp_messages_received_total', 'Messages received.', labelNames);
  const malformed = count('bgp_malformed_received_total', 'Malformed messages received.', labelNames);
  const bfd = bfdFiller(gauge, count, labelNames);
  const notifications = count('bgp_notifications_total', 'NOTIFICATION messages.', [...labelNames, 'direction']);
  return peer => {
    const labels = { peer: peer.key, peer_as: String(peer.as) };
    up.set(labels, peer.state === 'Established');
    for (const each of SESSION_STATES) state.set({ ...labels, state: each }, peer.state === each);
    routes.set(labels, peer.routesOut);
    established.set(labels, peer.counters.established);
    updates.set(labels, peer.counters.updatesSent);
    received.set(labels, peer.counters.messagesReceived);
    malformed.set(labels, peer.counters.malformedReceived);
    notifications.set({ ...labels, direction: 'sent' }, peer.counters.notificationsSent);
    notifications.set({ ...labels, direction: 'received' }, peer.counters.notificationsReceived);
    if (peer.bfd !== undefined) bfd(labels, peer.bfd);
  };
}

type BfdReport = NonNullable<PeerStatus['bfd']>;

// Only of peers with BFD: a series at 0 would look like a session that is down.
function bfdFiller(
  gauge: MakeGauge,
  count: MakeGauge,
  labelNames: readonly string[],
): (labels: Readonly<Record<string, string>>, bfd: BfdReport) => void {
  const up = gauge('bfd_session_up', 'Whether the BFD session is Up.', labelNames);
  const state = gauge('bfd_session_state', 'State of the BFD session.', [...labelNames, 'state']);
  const detection = gauge('bfd_detection_time_seconds', 'Silence that takes the BFD session Down.', labelNames);
  const downs = count('bfd_session_downs_total', 'Times the BFD session has left Up.', labelNames);
  return (labels, bfd) => {
    up.set(labels, bfd.state === 'Up');
    for (const each of BFD_STATES) state.set({ ...labels, state: each }, bfd.state === each);
    if (bfd.detectionTimeMs !== undefined) detection.set(labels, bfd.detectionTimeMs / 1000);
    downs.set(labels, bfd.downs);
  };
}

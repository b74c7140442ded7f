import { randomUUID } from 'node:crypto';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { readVersion } from './version.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Milliseconds between two looks at how late the event loop is. Each is a timer that wakes the process: prom-client's own hundred a second
 * are as much as all else that an idle process does.
 */
const LAG_LOOKS = 50;

/** Gauges of prom-client that are called as counters are. */
const NO_COUNTERS = ['resources', 'handles', 'requests'].map((what) => `earshot_nodejs_active_${what}_total`);

/**
 * The process's own measurements; labels are codes and routes, never anything about a person. `process` tells it from others of
 * its role: a sum over them would run backwards when one of them ends. docs/metrics.md has them all. `instance`: under which the process is
 * known to the others.
 */
export function createMetrics(role: string) {
  const instance = randomUUID();
  const registry = new Registry();
  registry.setDefaultLabels({ role, process: instance.slice(0, 8) });
  collectDefaultMetrics({ register: registry, prefix: 'earshot_', eventLoopMonitoringPrecision: LAG_LOOKS });
  for (const name of NO_COUNTERS) registry.removeSingleMetric(name);
  const registers = [registry];
  new Gauge({
    name: 'earshot_build_info',
    help: 'Always 1; which version the process is of',
    labelNames: ['version'],
    registers,
  }).set({ version: readVersion() }, 1);
  return {
    instance,
    registry,
    requests: new Histogram({
      name: 'earshot_http_request_seconds',
      help: 'HTTP requests by route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    streams: new Counter({ name: 'earshot_event_streams_opened_total', help: 'Event streams opened', registers }),
    openStreams: new Gauge({ name: 'earshot_event_streams', help: 'Event streams that are open', registers }),
    streamFailures: new Counter({
      name: 'earshot_event_stream_failures_total',
      help: 'Looks at what an event stream of a credential is to be told that failed and are tried again; the log says why',
      registers,
    }),
    overLimit: new Counter({
      name: 'earshot_http_over_limit_total',
      help: 'Requests refused because of a limit, by limit',
      labelNames: ['limit'],
      registers,
    }),
    auditFailures: new Counter({
      name: 'earshot_audit_failures_total',
      help: 'Calls whose audit entry could not be written',
      registers,
    }),
    components: new Gauge({
      name: 'earshot_components',
      help: 'Component processes that are active or stand by, of each home where there are several',
      labelNames: ['state', 'home'],
      registers,
    }),
    connected: new Gauge({
      name: 'earshot_xmpp_connected',
      help: 'Whether a component has its connection to the XMPP server (1), of each home where there are several',
      labelNames: ['home'],
      registers,
    }),
    publishes: new Counter({
      name: 'earshot_tune_publishes_total',
      help: 'User tunes published, by what was published and how it ended',
      labelNames: ['what', 'outcome'],
      registers,
    }),
    sipPublishes: new Counter({
      name: 'earshot_sip_publishes_total',
      help: 'Requests to the presence server (SIP), by what they were for and how they ended',
      labelNames: ['what', 'outcome'],
      registers,
    }),
    sipConnections: new Gauge({
      name: 'earshot_sip_connections',
      help: 'Connections to the presence server (SIP) that are open',
      registers,
    }),
    commands: new Counter({
      name: 'earshot_commands_total',
      help: 'Steps of commands that users took from their XMPP clients, by command and how they ended',
      labelNames: ['command', 'outcome'],
      registers,
    }),
    rosterSteps: new Counter({
      name: 'earshot_roster_steps_total',
      help: 'Steps towards the wanted rosters, by kind',
      labelNames: ['step'],
      registers,
    }),
    rosterSamples: new Counter({
      name: 'earshot_roster_items_sampled_total',
      help: 'Roster items that were read here and there, and are as Earshot left them, or differ',
      labelNames: ['outcome'],
      registers,
    }),
    pairs: new Counter({
      name: 'earshot_pairs_decided_total',
      help: 'Pairs of subscribers looked at, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    sourceReads: new Counter({
      name: 'earshot_source_reads_total',
      help: 'Network address books read, in full or what changed, or not',
      labelNames: ['outcome'],
      registers,
    }),
    codes: new Counter({
      name: 'earshot_code_deliveries_total',
      help: 'Codes handed to the SMS webhook, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    sinkEvents: new Counter({
      name: 'earshot_subscription_events_total',
      help: 'Events sent to the sinks of subscriptions, by how that ended',
      labelNames: ['outcome'],
      registers,
    }),
    sinkTurns: new Counter({
      name: 'earshot_subscription_turns_total',
      help: 'Subscriptions that were paused as their sink failed for a day, that went on, or that ended',
      labelNames: ['turn'],
      registers,
    }),
    jobFailures: new Counter({
      name: 'earshot_job_failures_total',
      help: 'Jobs that failed and are tried again, by queue; the log says why',
      labelNames: ['queue'],
      registers,
    }),
    swept: new Counter({
      name: 'earshot_swept_total',
      help: 'Subscribers whom a sweep found overdue',
      labelNames: ['queue'],
      registers,
    }),
  };
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

/** The process's own measurements; labels are codes and routes, never anything about a person. */
export function createMetrics(role: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ role });
  collectDefaultMetrics({ register: registry, prefix: 'earshot_' });
  const registers = [registry];
  return {
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
      help: 'Component processes that are active or stand by',
      labelNames: ['state'],
      registers,
    }),
    publishes: new Counter({
      name: 'earshot_tune_publishes_total',
      help: 'User tunes published, by what was published and how it ended',
      labelNames: ['what', 'outcome'],
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
    swept: new Counter({
      name: 'earshot_swept_total',
      help: 'Subscribers whom a sweep found overdue',
      labelNames: ['queue'],
      registers,
    }),
  };
}

#!/usr/bin/env node

// The demo: the main job of Vipkeeper on this one machine, without root. It tells a story of five steps, and then stays up
// to be played with. `--once` plays the story and ends: exit 0 if every step happened, 1 if one did not.

import { setTimeout } from 'node:timers/promises';
import { AGENT_AS, ROUTER_AS, SERVICE } from './agent-config.ts';
import { createScreen, type Screen } from './screen.ts';
import { buildStage, type Stage, VIPCTL } from './stage.ts';
import { StepFailed, story } from './story.ts';
import { drawTable } from './table.ts';

/** Between two steps, for somebody who reads along. */
const READING_MS = 1500;
const HELP = `usage: demo [--once]

  --once   play the story and exit: 0 if every step happened, 1 otherwise
`;

const args = process.argv.slice(2).filter(arg => arg !== '--');
const unknown = args.filter(arg => arg !== '--once');
if (unknown.length > 0) {
  const wantsHelp = unknown.includes('--help') || unknown.includes('-h');
  process[wantsHelp ? 'stdout' : 'stderr'].write(HELP);
  process.exit(wantsHelp ? 0 : 2);
}

const screen = createScreen({
  isTTY: process.stdout.isTTY === true,
  colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  get columns() {
    return process.stdout.columns || 120;
  },
  write: text => process.stdout.write(text),
});
process.on('exit', () => screen.close());
/** Ctrl-C, or nobody reads any more. A second signal ends everything at once. */
let isOver = false;
const interrupted = new Promise<'interrupted'>(resolve => {
  const interrupt = () => {
    if (isOver) process.exit(130);
    isOver = true;
    resolve('interrupted');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  process.stdout.on('error', interrupt);
});

const stage = await buildStage();
const redraw = stage.router.onHeard(() => screen.show(drawTable(stage.picture), false));
const ending = await Promise.race([tell(stage, screen), interrupted]);
if (ending === 'told' && !args.includes('--once')) await stayUp(stage, screen);
redraw();
await leave(ending);

/** Plays every step; says what happened, or what did not. */
async function tell(stage: Stage, screen: Screen): Promise<'told' | 'failed'> {
  introduce(stage, screen);
  for (const [index, step] of story(stage).entries()) {
    screen.title(`${index + 1}  ${step.title}`);
    try {
      for (const sentence of await step.run(stage)) screen.say(`  ✓ ${sentence}`);
    } catch (error) {
      if (isOver) return 'failed';
      if (!(error instanceof StepFailed)) throw error;
      screen.say(`  ✗ ${error.message}`);
      screen.say(`    the agents' logs: ${stage.directory}`);
      return 'failed';
    }
    screen.show(drawTable(stage.picture), true);
    if (process.stdout.isTTY) await setTimeout(READING_MS);
  }
  return 'told';
}

function introduce(stage: Stage, screen: Screen): void {
  const { router, zooKeeper } = { router: stage.routerPort, zooKeeper: stage.zooKeeper.port };
  screen.title('Vipkeeper: three load balancers, each owns a virtual IP and backs the others');
  screen.say('');
  screen.say(`  ZooKeeper   127.0.0.1:${zooKeeper}, in memory, for development`);
  screen.say(`  router      127.0.0.1:${router}, a BGP listener, AS ${ROUTER_AS}; it times all below`);
  screen.say(`  agents      three vipkeeperd processes, AS ${AGENT_AS}, each with an HTTP service`);
}

/** Until Ctrl-C: the table stays live, and whoever wants can steer from another terminal. */
async function stayUp(stage: Stage, screen: Screen): Promise<void> {
  screen.title('Everything stays up. In another terminal:');
  screen.say('');
  for (const line of invitation(stage)) screen.say(`  ${line}`);
  screen.say('');
  screen.say('Ctrl-C ends it.');
  const asking = setInterval(() => void refresh(stage, screen), 500);
  await interrupted;
  clearInterval(asking);
}

async function refresh(stage: Stage, screen: Screen): Promise<void> {
  await Promise.all(stage.loadBalancers.map(({ vip }) => stage.ask(vip)));
  screen.show(drawTable(stage.picture), true);
}

function invitation(stage: Stage): readonly string[] {
  const [first] = stage.loadBalancers;
  if (first === undefined) return [];
  return [
    `export VIPCTL_SERVERS=${stage.servers}`,
    `alias vipctl='node ${VIPCTL}'`,
    'vipctl status',
    `vipctl explain ${first.vip}`,
    `vipctl drain ${first.name}`,
    `vipctl undrain ${first.name}`,
    `vipctl maintenance on ${SERVICE} --reason "trying it out"`,
    `vipctl maintenance off ${SERVICE}`,
    `kill -9 ${first.pid}`,
    first.command,
  ];
}

async function leave(ending: 'told' | 'failed' | 'interrupted'): Promise<void> {
  await stage.close();
  process.exit(ending === 'told' ? 0 : ending === 'failed' ? 1 : 130);
}

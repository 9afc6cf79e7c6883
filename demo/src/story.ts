// The story, step by step. A step does something to the agents, waits until the router has heard the consequence, and says
// what it was in the router's own times. What does not happen within its limit ends the story with one clear sentence.

import { SERVICE } from './agent-config.ts';
import { runScript } from './child.ts';
import { bestAgent, darkMs, type Journal, type Routes } from './journal.ts';
import { announcedByOwner, duration, fellOver, returned, spread, stoodBehind } from './narration.ts';
import { type LoadBalancer, type Stage, VIPCTL } from './stage.ts';

/** Something the story promised did not happen. The message says what. */
export class StepFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StepFailed';
  }
}

/** One step: a title, and what is done; it returns what there is to say. */
export interface Step {
  readonly title: string;
  run(stage: Stage): Promise<readonly string[]>;
}

const START_LIMIT_MS = 20_000;
const CHANGE_LIMIT_MS = 15_000;
/** Longer than the agents' release delay: when the router hears nothing for so long, they have settled. */
const QUIET_MS = 2500;
const COMMAND_LIMIT_MS = 20_000;

/** The whole story in order. */
export function story(stage: Stage): readonly Step[] {
  const [victim] = stage.loadBalancers;
  if (victim === undefined) throw new Error('the story needs a load balancer');
  return [
    { title: 'Each agent announces the VIP it owns, and stands by for the others', run: start },
    { title: `kill -9 ${victim.name}`, run: each => kill(each, victim) },
    { title: `${victim.name} returns`, run: each => bringBack(each, victim) },
    { title: `vipctl maintenance on ${SERVICE}`, run: maintenanceOn },
    { title: `vipctl maintenance off ${SERVICE}`, run: maintenanceOff },
  ];
}

async function start(stage: Stage): Promise<readonly string[]> {
  for (const loadBalancer of stage.loadBalancers) loadBalancer.start();
  await expectRoutes(
    stage,
    START_LIMIT_MS,
    'not every owner announces its VIP with a standby behind it',
    ownersAnnounce(stage),
  );
  await expectService(stage);
  return stage.loadBalancers.map(({ vip, name }) => announcedByOwner(stage.router.journal, vip, name));
}

async function kill(stage: Stage, victim: LoadBalancer): Promise<readonly string[]> {
  const { vip, name } = victim;
  const from = stage.router.journal.length;
  const stopAsking = stage.askOnAndOn(vip);
  await victim.kill();
  const isLost = (journal: Journal) =>
    journal.slice(from).some(heard => heard.kind === 'session-down' && heard.agent === name);
  const isCovered: Wanted = (routes, journal) => isLost(journal) && routes.get(vip)?.length === 2;
  await expectRoutes(stage, CHANGE_LIMIT_MS, `${vip} has no new announcer with a standby behind it`, isCovered);
  const served = await expectAnswers(vip, stopAsking);
  const { journal } = stage.router;
  expectNoGap(stage, name, 'session-down');
  const behind = stoodBehind(journal, vip, name);
  const answered = `every request to it was answered, now by the service of ${served}`;
  return [...fellOver(journal, vip, name), answered, ...(behind === undefined ? [] : [behind])];
}

async function bringBack(stage: Stage, owner: LoadBalancer): Promise<readonly string[]> {
  const { vip, name } = owner;
  const stopAsking = stage.askOnAndOn(vip);
  owner.start();
  const complaint = `${vip} did not go back to ${name} with one standby behind it`;
  await expectRoutes(stage, START_LIMIT_MS, complaint, ownersAnnounce(stage));
  const served = await expectAnswers(vip, stopAsking);
  expectNoGap(stage, name, 'session-up');
  const answered = `every request to it was answered, now by the service of ${served}`;
  return [...returned(stage.router.journal, vip, name), answered];
}

async function maintenanceOn(stage: Stage): Promise<readonly string[]> {
  const from = stage.router.journal.length;
  await vipctl(stage, 'maintenance', 'on', SERVICE, '--reason', 'the demo', '--yes');
  const isEmpty = (routes: Routes) => routes.size === 0;
  await expectRoutes(stage, CHANGE_LIMIT_MS, 'some VIP is still announced in maintenance', isEmpty);
  await askAll(stage);
  return [`nobody announces: ${spread(stage.router.journal.slice(from), 'withdrawn')}; the BGP sessions stay up`];
}

async function maintenanceOff(stage: Stage): Promise<readonly string[]> {
  const from = stage.router.journal.length;
  await vipctl(stage, 'maintenance', 'off', SERVICE, '--yes');
  await expectRoutes(stage, CHANGE_LIMIT_MS, 'not every VIP came back after maintenance', ownersAnnounce(stage));
  await expectService(stage);
  return [`all is as before: ${spread(stage.router.journal.slice(from), 'announced')}; nothing was restarted`];
}

/** Every VIP goes to its owner, with exactly one standby behind it. */
function ownersAnnounce(stage: Stage): Wanted {
  return routes =>
    stage.loadBalancers.every(({ vip, name }) => bestAgent(routes, vip) === name && routes.get(vip)?.length === 2);
}

type Wanted = (routes: Routes, journal: Journal) => boolean;

async function expectRoutes(stage: Stage, limitMs: number, complaint: string, isSo: Wanted): Promise<void> {
  const happened = await stage.router.until(isSo, QUIET_MS, limitMs);
  if (!happened) throw new StepFailed(`${complaint}, within ${limitMs / 1000} s`);
}

/** A request to each VIP is answered by its owner's service. */
async function expectService(stage: Stage): Promise<void> {
  const answers = await askAll(stage);
  stage.loadBalancers.forEach(({ vip, name }, index) => {
    const answer = answers[index];
    if (answer !== name) throw new StepFailed(`a request to ${vip} was answered by ${answer ?? 'nobody'}, not ${name}`);
  });
}

async function expectAnswers(vip: string, stopAsking: ReturnType<Stage['askOnAndOn']>): Promise<string> {
  const { allAnswered, last } = await stopAsking();
  if (!allAnswered || last === undefined) throw new StepFailed(`some request to ${vip} was not answered`);
  return last;
}

/** Since the agent's session was lost (or came up) the router always had a path to every VIP. */
function expectNoGap(stage: Stage, agent: string, since: 'session-down' | 'session-up'): void {
  const { journal } = stage.router;
  const fromMs = journal.findLast(heard => heard.kind === since && heard.agent === agent)?.atMs ?? 0;
  for (const { vip } of stage.loadBalancers) {
    const gapMs = darkMs(journal, vip, fromMs);
    if (gapMs > 0) throw new StepFailed(`${vip} was without a route for ${duration(gapMs)}`);
  }
}

function askAll(stage: Stage): Promise<readonly (string | undefined)[]> {
  return Promise.all(stage.loadBalancers.map(({ vip }) => stage.ask(vip)));
}

async function vipctl(stage: Stage, ...args: readonly string[]): Promise<void> {
  try {
    await runScript(VIPCTL, ['--servers', stage.servers, ...args], COMMAND_LIMIT_MS);
  } catch (error) {
    throw new StepFailed(`vipctl ${args.join(' ')}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

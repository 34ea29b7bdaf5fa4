// Computers that a slow network joins, on this one: each is a network namespace of its own, all are on one
// bridge, and what each sends and receives is limited. Linux, as root.
import { spawnSync } from 'node:child_process';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';

// How fast each computer sends and receives, and how long what it sends takes to the other.
export interface Limits {
  megabits: number;
  /** Milliseconds; not every kernel can (netem). */
  delay: number;
}

// The computers, until they are taken away.
export interface Network {
  /** Of each computer, in their order. */
  addresses: readonly string[];
  /** The words before a command that runs it on a computer. */
  on: (computer: number) => readonly string[];
  /** Slows it down, from as fast as this machine is, or from what it was slowed down to. */
  limit: (limits: Limits) => Promise<void>;
  remove: () => Promise<void>;
}

const BRIDGE = 'llm-bridge';

const nameOf = (computer: number) => `llm${computer}`;
const outsideOf = (computer: number) => `llm-out${computer}`;
const addressOf = (computer: number) => `10.77.0.${computer + 1}`;
const onComputer = (computer: number) => ['ip', 'netns', 'exec', nameOf(computer)];

// Refuses where this process may make no computers.
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new UserError('only root may make network namespaces', { hint: 'Run it as root.' });
}

// Makes so many computers, of at most 254.
export async function createNetwork(computers: number): Promise<Network> {
  const hint =
    `Another run has it, or one that was killed left it. Where none runs: ip link del ${BRIDGE}; ` +
    `for i in $(ip netns list | grep -o '^llm[0-9]*'); do ip netns del $i; done`;
  await run(['ip', 'link', 'add', BRIDGE, 'type', 'bridge'], { hint });
  const all = Array.from({ length: computers }, (_, computer) => computer);
  // Also after Ctrl-C, which ends every other command.
  const remove = async () => {
    const ip = (...words: string[]) => spawnSync('ip', words, { stdio: 'ignore' });
    for (const computer of all) ip('netns', 'del', nameOf(computer));
    ip('link', 'del', BRIDGE);
  };
  try {
    await run(['ip', 'link', 'set', BRIDGE, 'up']);
    for (const computer of all) await join(computer);
  } catch (error) {
    await remove();
    throw error;
  }
  const limit = async (limits: Limits) => {
    for (const computer of all) await limitComputer(computer, limits);
  };
  return { addresses: all.map(addressOf), on: onComputer, limit, remove };
}

// A computer with an address, on the bridge.
async function join(computer: number): Promise<void> {
  const [name, outside] = [nameOf(computer), outsideOf(computer)];
  await run(['ip', 'netns', 'add', name]);
  const pair = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', name];
  await run(['ip', 'link', 'add', outside, ...pair]);
  await run(['ip', 'link', 'set', outside, 'master', BRIDGE, 'up']);
  await run(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  await run(['ip', '-n', name, 'link', 'set', 'eth0', 'up']);
  await run(['ip', '-n', name, 'addr', 'add', `${addressOf(computer)}/24`, 'dev', 'eth0']);
}

// Both ends of its line.
async function limitComputer(computer: number, limits: Limits): Promise<void> {
  await limit(onComputer(computer), 'eth0', limits);
  await limit([], outsideOf(computer), limits);
}

// Limits what leaves a device: so many bits a second, and half of the delay, as there is one on the way
// out and one on the way in.
async function limit(on: readonly string[], device: string, { megabits, delay }: Limits) {
  const bucket = ['tbf', 'rate', `${megabits}mbit`, 'burst', '16kb', 'limit', '4mb'];
  const set = [...on, 'tc', 'qdisc', 'replace', 'dev', device];
  await run([...set, 'root', 'handle', '1:', ...bucket]);
  if (delay === 0) return;
  await run([...set, 'parent', '1:', 'netem', 'limit', '100000', 'delay', `${delay / 2}ms`], {
    hint: 'A kernel without netem has no delays: leave out --delay.',
  });
}

async function run([command = '', ...args]: readonly string[], say: { hint?: string } = {}) {
  await exec(command, args, { what: 'join computers by a network', ...say });
}

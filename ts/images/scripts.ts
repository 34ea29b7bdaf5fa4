// What a person does at the menu of an image, over the serial line, and what has to come of it.
import { UserError } from '../support/errors.ts';
import type { Computer } from './computer.ts';
import type { Conversation } from './conversation.ts';

// A computer that is on, and what it says.
export interface Session {
  computer: Computer;
  heard: Conversation;
}

// Does something at the menu, begins and ends there. Gives what there is to report.
export type Script = (session: Session, expected: Expected) => Promise<string>;

// What this machine's own program says to the same.
export interface Expected {
  story: (seed: number) => Promise<string>;
}

const MENU = /Press a number\. $/;
const END = /Press a key for the menu\. $/;
const SEED = 7;

// Waits for the menu after the computer was switched on.
export async function reachMenu({ heard }: Session): Promise<string> {
  return heard.expect(MENU);
}

// Presses the key of an entry, and gives what comes of it up to `until`.
async function choose({ computer, heard }: Session, key: string, until: RegExp): Promise<string> {
  computer.type(key);
  return heard.expect(until);
}

async function backToMenu(session: Session): Promise<void> {
  await choose(session, ' ', MENU);
}

const words = (text: string) => text.trim().split(/\s+/).join(' ');

// A story, which has to be the one that this machine's own program tells.
export const tellStory: Script = async (session, expected) => {
  await choose(session, '1', /for story \d+: $/);
  const text = await choose(session, `${SEED}\r`, END);
  const story = words(text.replace(END, '').replace(/^\d+\n/, ''));
  const same = words(await expected.story(SEED));
  await backToMenu(session);
  if (story === same) return `story ${SEED}, ${story.length} characters, as this machine tells it`;
  throw new UserError('the story is not the one that this machine tells', {
    hint: `There: ${story}\nHere: ${same}`,
  });
};

// A line that a person begins, and the model goes on.
export const writeAlong: Script = async (session) => {
  const begin = 'One day a cat';
  await choose(session, '2', /\n> $/);
  const text = await choose(session, `${begin}\r`, /[\s\S]{200}\n> $/);
  await choose(session, '\u0004', END);
  await backToMenu(session);
  return `"${begin}" goes on for ${words(text).length} characters`;
};

// The quick training on the bundled stories, to its last step; then the model writes.
export const trainQuickly: Script = async (session) => {
  await choose(session, '3', /go back\. $/);
  const text = await choose(session, '1', /trained to step (\d+) of \1: loss .*\n/);
  await session.heard.expect(/writes:\s+\S[\s\S]*Press a key for the menu\. $/);
  await backToMenu(session);
  return (/trained to .*\n$/.exec(text)?.[0] ?? '').trim();
};

// The self-test of the program.
export const testComputer: Script = async (session) => {
  const text = await choose(session, '7', END);
  await backToMenu(session);
  const [line] = /.*\btests\b.*passed.*|.*passed.*\btests\b.*/.exec(text) ?? [];
  if (/computes as it should/.test(text)) return line?.trim() ?? 'the self-test passed';
  throw new UserError('the self-test failed', { hint: text });
};

// Takes the disk that is offered under this name, to keep models on. A stick is offered some seconds
// after the menu is there.
export function keepOn(disk: string): Script {
  return async (session) => {
    const offered = new RegExp(`(\\d) +${disk} [^]*Press a number\\. $`);
    const [, key = ''] = offered.exec(await choose(session, '8', offered)) ?? [];
    const answer = await choose(session, key, END);
    await backToMenu(session);
    if (answer.includes(`kept on ${disk} now`)) return `models are kept on ${disk}`;
    throw new UserError(`${disk} could not be taken`, { hint: answer });
  };
}

// A training that Ctrl-C ends in its middle; its checkpoint stays.
export const trainHalf: Script = async (session) => {
  await choose(session, '3', /go back\. $/);
  await choose(session, '1', /step \d\d\/\d+/);
  const text = await choose(session, '\u0003', END);
  await backToMenu(session);
  const step = /stopped at step (\d+); the checkpoint is saved/.exec(text)?.[1];
  if (step !== undefined) return `ended by Ctrl-C after step ${step}`;
  throw new UserError('no checkpoint is told', { hint: text });
};

// Goes on with that training, to its last step.
export const trainOn: Script = async (session) => {
  await choose(session, '3', /n: begin a new one $/);
  const text = await choose(session, 'g', /trained to step (\d+) of \1: loss .*\n/);
  await session.heard.expect(END);
  await backToMenu(session);
  return `goes on: ${(/trained to .*\n$/.exec(text)?.[0] ?? '').trim()}`;
};

// A command in the shell.
export const useShell: Script = async (session) => {
  await choose(session, '9', /# $/);
  const text = await choose(session, '/legacy_llm version && uname -m\r', /i\d86\s[\s\S]*# $/);
  await choose(session, 'exit\r', END);
  await backToMenu(session);
  return `the shell says ${/i\d86/.exec(text)?.[0]}`;
};

// Switches the computer off by the menu.
export const switchOff: Script = async (session) => {
  await choose(session, '0', /safe to switch off the computer/);
  return 'may be switched off';
};

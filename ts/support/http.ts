// Servers of this machine: where they listen, that they end with the command, and what is said where
// they cannot.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorCode, reasonOf, UserError } from './errors.ts';
import { interruptSignal } from './interrupt.ts';

// Where only this machine reaches a server.
export const LOOPBACK = '127.0.0.1';
// The ports that may be asked for.
export const PORTS = [1, 65_535] as const;

// Lets a server listen, port 0 being any that is free; gives its address. `command` is what was
// called, for the hint.
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  command: string,
): Promise<string> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') throw portInUse(port, command);
    const message = `cannot listen at ${host}, port ${port}: ${reasonOf(error)}`;
    throw new UserError(message, { exitCode: 2 });
  }
  const { port: given } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${given}/`;
}

// Throws, in words, where no server could listen at a port of this machine.
export async function tryPort(port: number, command: string): Promise<void> {
  const server = createServer();
  await listen(server, { host: 'localhost', port }, command);
  server.close();
  await once(server, 'close');
}

// The error where another one listens.
function portInUse(port: number, command: string): UserError {
  const other = port === PORTS[1] ? port - 1 : port + 1;
  return new UserError(`port ${port} is in use`, {
    hint: `Give another one: ${command} --port ${other}`,
    exitCode: 2,
  });
}

// Waits until somebody ends the command.
export async function untilInterrupted(): Promise<void> {
  if (!interruptSignal.aborted) await once(interruptSignal, 'abort');
}

// Ends a server, and with it all that are connected.
export function endServer(server: Server): void {
  server.close();
  server.closeAllConnections();
}

// Ends a server when all that are connected have their answers, or have had so long to take them.
export async function endAfterAnswers(server: Server, seconds: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const over = setTimeout(() => server.closeAllConnections(), 1000 * seconds);
  await closed;
  clearTimeout(over);
}

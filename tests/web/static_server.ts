// A plain static server, as any host has one: files of a folder under a path of their own, no
// header but the type. It notes what it was asked for.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};
const SUBFOLDER = '/people/someone/page/';

export interface SiteServer {
  /** The address of the page. */
  url: string;
  /** Compressed bytes of each file that was asked for so far, by its name. */
  loaded: Map<string, number>;
  close(): void;
}

// Serves a built site.
export async function serveFolder(folder: string): Promise<SiteServer> {
  const loaded = new Map<string, number>();
  const server: Server = createServer(({ url = '' }, response) => {
    const name = fileOf(url);
    const bytes = name === undefined ? undefined : readIfThere(path.join(folder, name));
    if (name === undefined || !bytes) {
      response.writeHead(404).end();
      return;
    }
    loaded.set(name, gzipSync(bytes, { level: 9 }).length);
    const type = TYPES[path.extname(name)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}${SUBFOLDER}`, loaded, close };
}

// The file of an address, inside the folder; undefined for what is elsewhere.
function fileOf(url: string): string | undefined {
  const { pathname } = new URL(url, 'http://host');
  if (!pathname.startsWith(SUBFOLDER)) return undefined;
  return pathname.slice(SUBFOLDER.length) || 'index.html';
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
